// The room page: joins its parts. A message goes composer, outbox, connection; and connection, outbox, log.
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { MessageLog } from "./log.js";
import { Outbox } from "./outbox.js";
import { showConnection } from "./status.js";

const room = document.getElementById("room");
const url = new URL(room.dataset.socket, location.href);
url.protocol = location.protocol === "https:" ? "wss:" : "ws:";

const log = new MessageLog(document.getElementById("messages"), document.getElementById("newest"),
  document.getElementById("chat-log"));
const connection = new Connection(url);
const composer = new Composer(document.getElementById("composer"), Number(room.dataset.maxMessage));
const outbox = new Outbox(document.querySelector(".waiting"), (text) => connection.send(text));

showConnection(document.getElementById("connection"), connection, () => composer.focus());
composer.onMessage = (text) => {
  outbox.add(text);
  log.toEnd();
};
outbox.onEdit = (text) => composer.edit(text);
outbox.onChosen = () => composer.focus();
connection.addEventListener("open", ({ detail }) => {
  if (detail.away) log.notice(`Connected again. What others said during those ${detail.away} s isn't shown here.`);
  outbox.flush();
});
connection.addEventListener("lost", () => outbox.doubt());
connection.addEventListener("frame", ({ detail }) => {
  if (detail.error) {
    if (!outbox.fail(detail.id, detail.detail)) composer.warn(detail.detail);
  } else if (typeof detail.message === "string") {
    log.add(detail.message, outbox.confirm(detail.id));
  }
});
connection.connect();

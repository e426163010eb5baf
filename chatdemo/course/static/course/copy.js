// The buttons that copy a file's code. The text is in the element that data-copy names, as json_script writes it.
const SAID = 2_000; // milliseconds that a button says what became of it

export function copyOnClick(button) {
  const label = button.querySelector("span");
  const usual = label.textContent;
  const text = JSON.parse(document.getElementById(button.dataset.copy).textContent);
  button.onclick = async () => {
    label.textContent = (await copy(text)) ? "Copied" : "Couldn't copy";
    setTimeout(() => (label.textContent = usual), SAID);
  };
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

// Browsers have navigator.clipboard for https and this machine only; the class comes by http over the network.
function copySelected(text) {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}

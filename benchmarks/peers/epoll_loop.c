/* The least that a server can do: one thread, one epoll loop, one send() a delivery: epoll_loop PORT [--flood FRAMES]
 *
 * It takes masked text frames of up to 64 KiB and gives them to all as they are, without reading their JSON. Sending
 * blocks: the room waits for its slowest participant, which a real server must not do. With --flood every participant
 * gets each message FRAMES times, in large writes; that shows how many frames a load generator can take.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONGEST = 65536, HEADER = 14, BUFFER = LONGEST + HEADER, DESCRIPTORS = 65536, EVENTS = 512, BLOCK = 262144 };

typedef struct {
    int descriptor, place, greeted;
    size_t held;
    unsigned char buffer[BUFFER];
} Participant;

static Participant *by_descriptor[DESCRIPTORS], *room[DESCRIPTORS];
static int people, poll_set;
static long flood = 1;

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static uint32_t mix(int turn, uint32_t b, uint32_t c, uint32_t d) {
    if (turn < 20) return ((b & c) | (~b & d)) + 0x5A827999;
    if (turn < 40) return (b ^ c ^ d) + 0x6ED9EBA1;
    if (turn < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + 0xCA62C1D6;
}

static void sha1_block(uint32_t state[5], const unsigned char *block) {
    uint32_t words[80], s[5];
    for (int i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 80; i++) words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 80; i++) {
        uint32_t next = rotate(s[0], 5) + mix(i, s[1], s[2], s[3]) + s[4] + words[i];
        s[4] = s[3], s[3] = s[2], s[2] = rotate(s[1], 30), s[1] = s[0], s[0] = next;
    }
    for (int i = 0; i < 5; i++) state[i] += s[i];
}

/* Of at most 119 octets, which is two blocks: a key and the protocol's identifier are 60. */
static void sha1(const char *text, size_t size, unsigned char digest[20]) {
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char padded[128] = {0};
    size_t whole = size < 56 ? 64 : 128;
    memcpy(padded, text, size);
    padded[size] = 0x80;
    padded[whole - 2] = size * 8 >> 8;
    padded[whole - 1] = size * 8;
    for (size_t at = 0; at < whole; at += 64) sha1_block(state, padded + at);
    for (int i = 0; i < 20; i++) digest[i] = state[i / 4] >> (24 - 8 * (i % 4));
}

/* 20 octets as 27 characters and one of padding. */
static void base64(const unsigned char digest[20], char text[29]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 27; i++) {
        int bit = 6 * i, octet = bit / 8;
        int pair = digest[octet] << 8 | (octet < 19 ? digest[octet + 1] : 0);
        text[i] = letters[pair >> (10 - bit % 8) & 63];
    }
    strcpy(text + 27, "=");
}

static void leave(Participant *one) {
    if (one->greeted) {
        room[one->place] = room[--people];
        room[one->place]->place = one->place;
    }
    by_descriptor[one->descriptor] = NULL;
    close(one->descriptor);
    free(one);
}

/* Errors are left to the next recv(), which meets them too. */
static void send_all(int descriptor, const unsigned char *data, size_t size) {
    ssize_t sent;
    while (size && (sent = send(descriptor, data, size, MSG_NOSIGNAL)) > 0) data += sent, size -= sent;
}

static size_t write_frame(unsigned char *frame, const unsigned char *payload, size_t size) {
    size_t header = size < 126 ? 2 : 4;
    frame[0] = 0x81;
    frame[1] = size < 126 ? size : 126;
    if (header == 4) frame[2] = size >> 8, frame[3] = size;
    memcpy(frame + header, payload, size);
    return header + size;
}

static void say(const unsigned char *payload, size_t size) {
    static unsigned char block[BLOCK];
    size_t frame = write_frame(block, payload, size);
    long fit = BLOCK / frame, held = fit < flood ? fit : flood;
    for (long i = 1; i < held; i++) memcpy(block + i * frame, block, frame);
    for (int i = 0; i < people; i++)
        for (long left = flood; left > 0; left -= held)
            send_all(room[i]->descriptor, block, frame * (left < held ? left : held));
}

/* Octets of the first frame if it is whole, 0 if it isn't, -1 if the connection is to end. */
static long take_frame(unsigned char *data, size_t held) {
    if (held < 6) return 0;
    size_t size = data[1] & 127, header = 6;
    if (size == 127 || !(data[1] & 128) || (data[0] & 15) == 8) return -1;
    if (size == 126) size = data[2] << 8 | data[3], header = 8;
    if (held < header + size) return 0;
    for (size_t i = 0; i < size; i++) data[header + i] ^= data[header - 4 + i % 4];
    if ((data[0] & 15) == 1) say(data + header, size);
    return header + size;
}

static long take_request(Participant *one) {
    char *start = (char *)one->buffer, *end, *key;
    char joined[128], accept[29], answer[256];
    unsigned char digest[20];
    start[one->held] = 0;
    if (!(end = strstr(start, "\r\n\r\n"))) return 0;
    if (!(key = strcasestr(start, "\r\nSec-WebSocket-Key: "))) return -1;
    int size = snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 21);
    sha1(joined, size, digest);
    base64(digest, accept);
    size = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    send_all(one->descriptor, (unsigned char *)answer, size);
    one->greeted = 1;
    one->place = people;
    room[people++] = one;
    return end + 4 - start;
}

static void hear(Participant *one) {
    ssize_t got = recv(one->descriptor, one->buffer + one->held, BUFFER - 1 - one->held, 0);
    long taken = got > 0 ? 1 : -1;
    size_t at = 0;
    one->held += got > 0 ? got : 0;
    while (taken > 0) {
        taken = one->greeted ? take_frame(one->buffer + at, one->held - at) : take_request(one);
        at += taken > 0 ? taken : 0;
    }
    if (taken < 0) return leave(one);
    memmove(one->buffer, one->buffer + at, one->held -= at);
}

static void watch(int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    epoll_ctl(poll_set, EPOLL_CTL_ADD, descriptor, &event);
}

static void let_in(int listening) {
    int on = 1, descriptor = accept(listening, NULL, NULL);
    if (descriptor < 0) return;
    if (descriptor >= DESCRIPTORS || !(by_descriptor[descriptor] = calloc(1, sizeof(Participant)))) {
        close(descriptor);
        return;
    }
    by_descriptor[descriptor]->descriptor = descriptor;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(descriptor);
}

static int listen_at(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 1024)) {
        perror("listen");
        exit(1);
    }
    return listening;
}

int main(int count, char **arguments) {
    struct epoll_event events[EVENTS];
    if (count > 3 && !strcmp(arguments[2], "--flood")) flood = atol(arguments[3]);
    if (count < 2 || flood < 1) return 2;
    int listening = listen_at(atoi(arguments[1]));
    poll_set = epoll_create1(0);
    watch(listening);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(poll_set, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listening) let_in(listening);
            else if (by_descriptor[events[i].data.fd]) hear(by_descriptor[events[i].data.fd]);
        }
    }
}

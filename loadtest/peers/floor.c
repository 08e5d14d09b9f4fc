/* The lower limit for every peer: one frame, built once, and a bare send() to each socket.
 *
 * Usage: floor PORT. Viewers open a WebSocket (RFC 6455) and send nothing more; the body of a POST
 * is sent to all of them. Nothing is checked or queued: a slow viewer misses the message. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 1048576 /* file descriptors */
static char is_viewer[ROOM];

static uint32_t turn(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void sha1(const char *text, size_t length, uint8_t out[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
    uint8_t data[128] = {0}; /* two blocks: keys have 60 bytes */
    memcpy(data, text, length);
    data[length] = 0x80;
    data[126] = length * 8 >> 8, data[127] = length * 8;
    for (int block = 0; block < 128; block += 64) {
        uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            w[i] = i < 16 ? ntohl(*(uint32_t *)(data + block + 4 * i))
                          : turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
            uint32_t f = i < 20 ? ((b & c) | (~b & d)) + 0x5A827999
                       : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                       : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                                : (b ^ c ^ d) + 0xCA62C1D6;
            f += turn(a, 5) + e + w[i];
            e = d, d = c, c = turn(b, 30), b = a, a = f;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) out[i] = h[i / 4] >> (24 - i % 4 * 8);
}

static void shake_hands(int fd, const char *key) {
    static const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[61], accept[29], answer[256];
    uint8_t digest[21] = {0};
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(text, 60, digest);
    for (int i = 0, o = 0; i < 21; i += 3) {
        uint32_t group = digest[i] << 16 | digest[i + 1] << 8 | digest[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) accept[o++] = digits[group >> shift & 63];
    }
    accept[27] = '=', accept[28] = 0;
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    is_viewer[fd] = send(fd, answer, length, MSG_NOSIGNAL) == length;
}

static void send_to_all(const char *text, size_t length, int highest) {
    char frame[4104] = {(char)0x81, length < 126 ? length : 126, length >> 8, length};
    size_t head = length < 126 ? 2 : 4;
    memcpy(frame + head, text, length);
    for (int fd = 0; fd <= highest; fd++)
        if (is_viewer[fd]) send(fd, frame, head + length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int main(int count, char **arguments) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                               .sin_port = htons(atoi(arguments[count - 1]))};
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM, 0), loop = epoll_create1(0), on = 1, highest = 0;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* connections inherit it */
    if (bind(listener, (void *)&here, sizeof here) || listen(listener, 16384))
        return perror("floor"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(loop, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                if ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0) continue;
                if (fd >= ROOM) { close(fd); continue; }
                highest = fd > highest ? fd : highest;
                event.data.fd = fd;
                epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
                continue;
            }
            char data[4096];
            ssize_t got = recv(fd, data, sizeof data - 1, 0);
            if (got <= 0) { is_viewer[fd] = 0; close(fd); continue; }
            data[got] = 0;
            if (is_viewer[fd]) continue; /* a close frame */
            char *key = strcasestr(data, "sec-websocket-key: "), *end = strstr(data, "\r\n\r\n");
            if (key) { shake_hands(fd, key + 19); continue; }
            if (data[0] != 'G') { /* a POST, or the body that follows its head */
                char *body = end ? end + 4 : data;
                if (body == data + got) continue;
                send_to_all(body, data + got - body, highest);
            }
            static const char done[] = "HTTP/1.1 204 No Content\r\n\r\n";
            send(fd, done, sizeof done - 1, MSG_NOSIGNAL);
        }
    }
}

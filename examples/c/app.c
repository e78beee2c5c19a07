/*
 * A two-person application: whoever invited asks how the other is called, hears it, and ends it. It talks with the example
 * in Python as it does with itself. Build and try it:
 *
 *     cc -std=c11 -o names app.c $(pkg-config --cflags --libs libsystemd)      Debian: libsystemd-dev
 *     names.toml, for `rendezvous apps register names.toml`                    id = "{9B0C7D54-9C1E-4C5B-8F6A-0D3C5D1B7A11}"
 *                                                                              name = "Names"
 *                                                                              exec = ["/path/of/names", "NAME"]
 *
 * With dbus = "org.example.Names" instead of exec, and a service file that says Exec=/path/of/names NAME, it runs from the
 * session bus and every IM program there can start it.
 */
#define _POSIX_C_SOURCE 200809L

#include "rendezvous.h"

#include <stdio.h>

#define MOST 200 /* Of what comes from elsewhere, no more than this is looked at. */
#define QUESTION "who are you?"

/* What others sent must not steer a terminal. */
static void say(const char *what, const char *text) {
    fputs(what, stdout);
    for (size_t n = 0; text[n] && n < MOST; n++) putchar(text[n] >= ' ' && text[n] < 127 ? text[n] : '.');
    putchar('\n');
    fflush(stdout);
}

static void check(int error, const char *what) {
    if (error < 0) say(what, strerror(-error));
}

static void connected(struct rendezvous *session) {
    if (session->flags & RENDEZVOUS_INVITER) check(rendezvous_send(session, QUESTION), "cannot ask: ");
}

static void heard(struct rendezvous *session, const char *text) {
    const char *me = session->user;
    char answer[MOST + 8];
    say("heard: ", text);
    if (session->flags & RENDEZVOUS_INVITER) {
        check(rendezvous_terminate(session, 0, ""), "cannot end it: ");
    } else if (strcmp(text, QUESTION) == 0) {
        snprintf(answer, sizeof answer, "I am %.*s", MOST, me);
        check(rendezvous_send(session, answer), "cannot answer: ");
    }
}

static void ended(struct rendezvous *session, uint32_t result, const char *data) {
    (void)session, (void)data;
    printf("ended with %#x\n", result);
}

int main(int count, char **words) {
    struct rendezvous session = {
        .connected = connected,
        .context_data = heard,
        .ended = ended,
        .user = count > 1 ? words[1] : "nobody",
    };
    int error = rendezvous_open(&session, "org.example.Names");
    if (error >= 0) error = rendezvous_run(&session);
    check(error, "it ends: ");
    return error < 0;
}

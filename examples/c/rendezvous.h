/*
 * What a two-person application needs of the Rendezvous contract: it takes its session, from the session bus or from a
 * private socket, and hears what happens. Every member is described in docs/dbus, the duties in
 * docs/for-application-authors.md. One file, C11, over sd-bus: compile with `pkg-config --cflags --libs libsystemd`.
 *
 *     struct rendezvous session = { .connected = …, .context_data = …, .ended = … };
 *     if (rendezvous_open(&session, "org.example.Name") >= 0) rendezvous_run(&session);
 *
 * Calls return a negative errno when they fail. A function that is called back may call rendezvous_send and
 * rendezvous_terminate. Whatever comes from the other side is another computer's word.
 */
#ifndef RENDEZVOUS_H
#define RENDEZVOUS_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define RENDEZVOUS_INVITER 1u /* of `flags`: this side invited */
#define RENDEZVOUS_INVITEE 2u
#define RENDEZVOUS_CONNECTED 4u

struct rendezvous {
    /* Yours: each may be missing. `ended` comes once, and last; where the IM program is gone it is called with
     * 0x81000603 (CONNECTION_FAILURE) and no data. */
    void (*connected)(struct rendezvous *);
    void (*context_data)(struct rendezvous *, const char *text);
    void (*send_error)(struct rendezvous *, uint32_t result);
    void (*ended)(struct rendezvous *, uint32_t result, const char *data);
    void *user;
    /* To be read once it is connected. */
    uint32_t flags;
    char *remote_user;
    /* Not yours. */
    sd_bus *bus;
    const char *name;
    char *owner, *path;
    int is_connected, is_over;
};

#define RENDEZVOUS_SESSION "im.rendezvous.Session1"

static inline int rendezvous_send(struct rendezvous *r, const char *text) {
    return sd_bus_call_method(r->bus, r->owner, r->path, RENDEZVOUS_SESSION, "SendContextData", NULL, NULL, "s", text);
}

/* 0 is an ordinary end; other numbers are yours, and both sides hear them. */
static inline int rendezvous_terminate(struct rendezvous *r, uint32_t result, const char *data) {
    return sd_bus_call_method(r->bus, r->owner, r->path, RENDEZVOUS_SESSION, "Terminate", NULL, NULL, "us", result, data);
}

static inline void rendezvous_over_(struct rendezvous *r, uint32_t result, const char *data) {
    if (!r->is_over && r->ended) r->ended(r, result, data);
    r->is_over = 1;
}

static inline void rendezvous_state_(struct rendezvous *r, uint32_t state) {
    if (state != RENDEZVOUS_CONNECTED || r->is_connected || r->is_over) return;
    r->is_connected = 1;
    if (r->connected) r->connected(r);
}

/* A signal of the session. One with other arguments than it has is passed over. */
static inline int rendezvous_signal_(sd_bus_message *m, void *user, sd_bus_error *error) {
    struct rendezvous *r = user;
    uint32_t number;
    const char *text;
    (void)error;
    if (sd_bus_message_is_signal(m, RENDEZVOUS_SESSION, "StateChanged") && sd_bus_message_has_signature(m, "uu")) {
        if (sd_bus_message_read(m, "uu", NULL, &number) >= 0 && r->flags) rendezvous_state_(r, number);
    } else if (sd_bus_message_is_signal(m, RENDEZVOUS_SESSION, "ContextData") && sd_bus_message_has_signature(m, "s")) {
        if (sd_bus_message_read(m, "s", &text) >= 0 && r->context_data && !r->is_over) r->context_data(r, text);
    } else if (sd_bus_message_is_signal(m, RENDEZVOUS_SESSION, "SendError") && sd_bus_message_has_signature(m, "u")) {
        if (sd_bus_message_read(m, "u", &number) >= 0 && r->send_error && !r->is_over) r->send_error(r, number);
    } else if (sd_bus_message_is_signal(m, RENDEZVOUS_SESSION, "Ended") && sd_bus_message_has_signature(m, "us")) {
        if (sd_bus_message_read(m, "us", &number, &text) >= 0) rendezvous_over_(r, number, text);
    }
    return 0;
}

/* The IM program has left the bus. */
static inline int rendezvous_left_(sd_bus_message *m, void *user, sd_bus_error *error) {
    const char *new_owner;
    (void)error;
    if (sd_bus_message_read(m, "sss", NULL, NULL, &new_owner) >= 0 && !*new_owner) rendezvous_over_(user, 0x81000603u, "");
    return 0;
}

/* Begins to listen; only the connection that hands the session over speaks for it. */
static inline int rendezvous_listen_(struct rendezvous *r, const char *sender) {
    int e = sd_bus_match_signal(r->bus, NULL, sender, r->path, RENDEZVOUS_SESSION, NULL, rendezvous_signal_, r);
    if (e < 0 || !sender) return e;
    char rule[512];
    static const char left[] = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='";
    if (strlen(sender) > 255) return -EINVAL;
    strcat(strcat(strcpy(rule, left), sender), "'");
    return sd_bus_add_match(r->bus, NULL, rule, rendezvous_left_, r);
}

static inline int rendezvous_take_(sd_bus_message *m, void *user, sd_bus_error *error) {
    struct rendezvous *r = user;
    const char *path, *sender = sd_bus_message_get_sender(m);
    uint32_t state = 0;
    if (r->path) return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "one session at a time");
    if (sender) {
        sd_bus_creds *creds = NULL;
        uid_t uid = (uid_t)-1;
        int e = sd_bus_query_sender_creds(m, SD_BUS_CREDS_EUID, &creds);
        if (e >= 0) e = sd_bus_creds_get_euid(creds, &uid);
        sd_bus_creds_unref(creds);
        if (e < 0 || uid != getuid()) return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "another user's");
    }
    if (sd_bus_message_read(m, "o", &path) < 0) return -EINVAL;
    r->path = strdup(path);
    r->owner = sender ? strdup(sender) : NULL;
    if (!r->path || (sender && !r->owner)) return -ENOMEM;
    int e = rendezvous_listen_(r, sender);
    if (e >= 0) e = sd_bus_reply_method_return(m, NULL);
    if (e < 0) return e;
    /* The next session finds another process. */
    if (r->name) sd_bus_release_name(r->bus, r->name);
    /* It may be connected already; whether StateChanged has said so or not, it is told once. */
    e = sd_bus_get_property_string(r->bus, r->owner, r->path, RENDEZVOUS_SESSION, "RemoteUser", NULL, &r->remote_user);
    if (e >= 0) e = sd_bus_get_property_trivial(r->bus, r->owner, r->path, RENDEZVOUS_SESSION, "Flags", NULL, 'u', &r->flags);
    if (e >= 0) e = sd_bus_get_property_trivial(r->bus, r->owner, r->path, RENDEZVOUS_SESSION, "State", NULL, 'u', &state);
    if (e < 0) rendezvous_over_(r, 0x81000603u, "");
    else rendezvous_state_(r, state);
    return 1;
}

/* Takes the private socket where there is one, else `name` on the session bus. */
static inline int rendezvous_open(struct rendezvous *r, const char *name) {
    static const sd_bus_vtable members[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("SetRendezvousSession", "oa{sv}", "", rendezvous_take_, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END
    };
    const char *inherited = getenv("RENDEZVOUS_SOCKET_FD");
    int e, fd = inherited ? atoi(inherited) : -1;
    if (inherited) {
        r->name = NULL;
        if ((e = sd_bus_new(&r->bus)) >= 0) e = sd_bus_set_fd(r->bus, fd, fd);
        if (e >= 0) e = sd_bus_start(r->bus);
    } else {
        r->name = name;
        e = sd_bus_open_user(&r->bus);
    }
    if (e >= 0)
        e = sd_bus_add_object_vtable(r->bus, NULL, "/im/rendezvous/Application", "im.rendezvous.Application1", members, r);
    if (e >= 0 && r->name) e = sd_bus_request_name(r->bus, r->name, 0);
    return e;
}

/* Until it is over. */
static inline int rendezvous_run(struct rendezvous *r) {
    int e = 0;
    while (!r->is_over && (e = sd_bus_process(r->bus, NULL)) >= 0)
        if (e == 0 && (e = sd_bus_wait(r->bus, UINT64_MAX)) < 0 && e != -EINTR) break;
    rendezvous_over_(r, 0x81000603u, "");
    sd_bus_flush_close_unref(r->bus);
    free(r->remote_user), free(r->owner), free(r->path);
    return e < 0 ? e : 0;
}

#endif

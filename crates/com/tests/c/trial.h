/* What the trials have in common: a check that says where it failed, waiting for something, and a session object. */
#ifndef TRIAL_H
#define TRIAL_H

#include "published.h"
#include <stdio.h>

void fail(const char *file, int line, const char *what, unsigned long number);
#define CHECK(condition) \
    do { if (!(condition)) fail(__FILE__, __LINE__, #condition, 0); } while (0)
#define CHECK_IS(wanted, call) \
    do { HRESULT got = (call); if (got != (HRESULT)(wanted)) fail(__FILE__, __LINE__, #call, (unsigned long)got); } while (0)

/* Goes on until the condition holds, serving calls that come in, and fails after a minute. */
#define UNTIL(condition) \
    do { DWORD begin = GetTickCount(); \
        while (!(condition)) { serve_calls(); if (GetTickCount() - begin > 15000) fail(__FILE__, __LINE__, #condition, 0); } \
    } while (0)
void serve_calls(void);
void serve_calls_for(DWORD milliseconds);

/* What the session does inside a call of the application's, to try it. */
typedef enum {
    NOTHING,
    RAISE_IN_ADVISE,
    RAISE_IN_STATE,
    RAISE_IN_SEND,
    DIE_IN_STATE,
    DIE_IN_SEND,
    DIE_IN_TERMINATE,
} Trick;

/* An IM program's session, with its connection point on the same object. */
typedef struct Session {
    RSession session;
    IConnectionPointContainer container;
    IConnectionPoint point;
    volatile LONG references;
    volatile LONG state;
    LONG flags;
    const wchar_t *user;
    IDispatch *sinks[4];
    volatile LONG listening;
    CRITICAL_SECTION lock;
    /* What the application has sent, oldest first; read by the main thread alone. */
    BSTR *sent;
    volatile LONG sent_count;
    LONG sent_room;
    LONG read;
    volatile LONG terminated;
    HRESULT result;
    BSTR data;
    Trick trick;
    /* What calls of the application's return instead of doing anything. */
    HRESULT refuse_getters, refuse_points, refuse_advise;
} Session;

void session_init(Session *session, const wchar_t *user, LONG flags, LONG state);
void session_clear(Session *session);
IUnknown *session_unknown(Session *session);
/* The next text that the application has sent, or null. It stays the session's. */
BSTR session_next(Session *session);
/* Lets go of those that were read. */
void session_forget(Session *session);

/* Raising events. The last failure is returned. */
HRESULT raise_state(Session *session, LONG next);
HRESULT raise_text(Session *session, const wchar_t *text);
HRESULT raise_units(Session *session, const wchar_t *units, UINT count);
HRESULT raise_end(Session *session, HRESULT result, const wchar_t *data);
HRESULT raise_error(Session *session, HRESULT result);
HRESULT raise_any(Session *session, DISPID member, VARIANT *reversed, UINT count);

#endif

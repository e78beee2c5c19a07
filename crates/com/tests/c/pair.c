/* An IM program for one person, joined to that of another one on the same computer by two pipes: what it needs to hand a session
 * to an application and to carry what both applications say. It has no people in it: each sits at the console of their own.
 *
 *   pair inviter|invitee ENTRY PIPE THEM [apart]
 *
 * ENTRY is the key under RendezvousApps, THEM what the other person is called here. Its person is asked at its own console, or
 * "apart" from it, as that of a program with windows. */
#include "trial.h"
#include <stdlib.h>

/* With this and the last digits of the result it ends. */
enum { ENDED = 0x40 };
enum { HAS_ATTACHED = 1, SAYS = 2, HAS_ENDED = 3, IS_GONE = 4 };

typedef struct {
    DWORD kind;
    DWORD result;
    DWORD units;
} Head;

/* One message of the other IM program's. */
typedef struct Message {
    struct Message *next;
    Head head;
    wchar_t *text;
} Message;

static HANDLE to, from;
static CRITICAL_SECTION lock;
static Message *first, **last = &first;

static HANDLE open_pipe(const wchar_t *name, const wchar_t *end, int makes_it, int writes) {
    wchar_t path[200];
    HANDLE pipe = INVALID_HANDLE_VALUE;
    swprintf(path, 200, L"\\\\.\\pipe\\%ls-%ls", name, end);
    if (makes_it) {
        pipe = CreateNamedPipeW(path, writes ? PIPE_ACCESS_OUTBOUND : PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1, 1 << 16, 1 << 16, 0, NULL);
        CHECK(pipe != INVALID_HANDLE_VALUE);
        CHECK(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
        return pipe;
    }
    for (int n = 0; n < 3000 && pipe == INVALID_HANDLE_VALUE; n++) {
        pipe = CreateFileW(path, writes ? GENERIC_WRITE : GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe == INVALID_HANDLE_VALUE) Sleep(20);
    }
    CHECK(pipe != INVALID_HANDLE_VALUE);
    return pipe;
}

static void tell(DWORD kind, DWORD result, const wchar_t *text, DWORD units) {
    Head head = { kind, result, units };
    DWORD written;
    /* One that is gone is noticed by whoever reads. */
    if (WriteFile(to, &head, sizeof head, &written, NULL) && units) WriteFile(to, text, units * sizeof *text, &written, NULL);
}

static int read_all(void *place, DWORD bytes) {
    DWORD got;
    for (char *at = place; bytes; at += got, bytes -= got) {
        if (!ReadFile(from, at, bytes, &got, NULL) || !got) return 0;
    }
    return 1;
}

static DWORD WINAPI listen_to_them(void *nothing) {
    (void)nothing;
    for (;;) {
        Message *message = calloc(1, sizeof *message);
        int is_whole = read_all(&message->head, sizeof message->head) && message->head.units <= 1 << 20;
        if (is_whole) {
            message->text = calloc(message->head.units + 1, sizeof *message->text);
            is_whole = read_all(message->text, message->head.units * sizeof *message->text);
        }
        if (!is_whole) message->head.kind = IS_GONE;
        EnterCriticalSection(&lock);
        *last = message;
        last = &message->next;
        LeaveCriticalSection(&lock);
        if (!is_whole) return 0;
    }
}

static Message *next_message(void) {
    Message *message;
    EnterCriticalSection(&lock);
    message = first;
    if (message) {
        first = message->next;
        if (!first) last = &first;
    }
    LeaveCriticalSection(&lock);
    return message;
}

static RApplication *start(const char *entry) {
    RApplication *application = NULL;
    wchar_t key[200], text[64];
    DWORD size = sizeof text;
    CLSID class;
    swprintf(key, 200, L"SOFTWARE\\Microsoft\\RendezvousApps\\%hs", entry);
    CHECK_IS(ERROR_SUCCESS, RegGetValueW(HKEY_LOCAL_MACHINE, key, L"RendezvousComponent", RRF_RT_REG_SZ, NULL, text, &size));
    CHECK_IS(S_OK, CLSIDFromString(text, &class));
    CHECK_IS(S_OK, CoCreateInstance(&class, NULL, CLSCTX_LOCAL_SERVER, &APPLICATION_IID, (void **)&application));
    return application;
}

static LONG end_it(Session *s, LONG state, DWORD result, const wchar_t *data) {
    raise_state(s, state);
    raise_end(s, (HRESULT)result, data);
    return (LONG)result;
}

/* Carries everything until the session is over; its result. */
static LONG carry(Session *s) {
    LONG is_over = 0;
    while (!is_over) {
        BSTR text = session_next(s);
        Message *message = next_message();
        if (text) tell(SAYS, 0, text, SysStringLen(text));
        if (message) {
            if (message->head.kind == HAS_ATTACHED) raise_state(s, RSS_CONNECTED);
            else if (message->head.kind == SAYS) raise_units(s, message->text, message->head.units);
            else if (message->head.kind == HAS_ENDED) is_over = end_it(s, RSS_CANCELLED, message->head.result, message->text);
            else is_over = end_it(s, RSS_TERMINATED, 0x81000603, L"");
            free(message->text);
            free(message);
        }
        /* Whatever it said before is told first. */
        if (!is_over && !text && s->terminated && s->read == s->sent_count) {
            tell(HAS_ENDED, s->result ? (DWORD)s->result : 0x81000607, s->data, SysStringLen(s->data));
            is_over = end_it(s, RSS_CANCELLED, s->result ? (DWORD)s->result : 0x81000606, s->data);
        }
        if (!text && !message) serve_calls();
    }
    return is_over;
}

int main(int count, char **arguments) {
    Session s;
    RApplication *application;
    wchar_t them[256], pipe[100], number[16];
    int is_inviter;
    LONG result;
    if (count != 5 && count != 6) return 2;
    is_inviter = !strcmp(arguments[1], "inviter");
    swprintf(pipe, 100, L"%hs", arguments[3]);
    swprintf(them, 256, L"%hs", arguments[4]);
    swprintf(number, 16, L"%lu", GetCurrentProcessId());
    SetEnvironmentVariableW(L"RENDEZVOUS_CONSOLE", count == 6 ? NULL : number);
    InitializeCriticalSection(&lock);
    CHECK_IS(S_OK, CoInitializeEx(NULL, COINIT_MULTITHREADED));
    application = start(arguments[2]);
    session_init(&s, them, is_inviter ? RSF_INVITER : RSF_INVITEE, RSS_ACCEPTED);
    CHECK_IS(S_OK, application->v->SetRendezvousSession(application, session_unknown(&s)));
    printf("handed-over\n");
    fflush(stdout);
    /* Both open them in the same order, or each would wait for the other. */
    *(is_inviter ? &to : &from) = open_pipe(pipe, L"there", is_inviter, is_inviter);
    *(is_inviter ? &from : &to) = open_pipe(pipe, L"back", is_inviter, !is_inviter);
    CloseHandle(CreateThread(NULL, 0, listen_to_them, NULL, 0, NULL));
    tell(HAS_ATTACHED, 0, NULL, 0);
    result = carry(&s);
    UNTIL(s.listening == 0);
    application->v->Release(application);
    UNTIL(s.references == 1);
    session_clear(&s);
    CoUninitialize();
    /* Nothing is printed: the application has its last words at the same console. */
    return ENDED | (result & 0x3f);
}

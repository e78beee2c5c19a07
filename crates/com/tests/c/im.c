/* An IM program that starts the application and hands its sessions over, as the published page describes it.
 *
 *   im mta|sta server|dll before|after state|termination|both steps|offer|flood|speed|bad|again
 *   im mta|sta server     before       both                    die-PLACE
 *
 * "before" is connected before the hand-over, and says so to nobody; "after" says it afterwards. */
#include "trial.h"
#include "weigh.h"
#include <stdlib.h>

void bad(RApplication *application, int is_dll);

static const CLSID ASK = { 0x3967BE0F, 0x1E73, 0x47AE, { 0x9A, 0x27, 0xF2, 0x3A, 0x06, 0x5A, 0xD0, 0x51 } };
static const CLSID OFFER = { 0x54362851, 0x6028, 0x4BBD, { 0x9A, 0x35, 0xF3, 0x59, 0x78, 0xB8, 0x8F, 0xD4 } };

static DWORD place;
static int is_before;
static const char *ending;
static const CLSID *class = &ASK;

static RApplication *start(void) {
    RApplication *application = NULL;
    CHECK_IS(S_OK, CoCreateInstance(class, NULL, place, &APPLICATION_IID, (void **)&application));
    return application;
}

static void step(int number, const char *what) {
    printf("%4d  %s\n", number, what);
    fflush(stdout);
}

static void connect_it(Session *s) {
    if (!is_before) CHECK_IS(S_OK, raise_state(s, RSS_CONNECTED));
}

/* The end as this IM program tells it, and what the application does then: unadvise and release, down to our own. */
static void end_it(Session *s, RApplication *application, HRESULT result, const wchar_t *data) {
    int by_state = strcmp(ending, "termination") != 0, by_termination = strcmp(ending, "state") != 0;
    if (by_state) raise_state(s, RSS_CANCELLED);
    if (by_termination) raise_end(s, result, data);
    UNTIL(s->listening == 0);
    if (application) application->v->Release(application);
    UNTIL(s->references == 1);
}

static BSTR next_of(Session *s) {
    BSTR text;
    UNTIL((text = session_next(s)) != NULL);
    return text;
}

static int begins(const wchar_t *text, const wchar_t *with) { return wcsncmp(text, with, wcslen(with)) == 0; }

static Session *begin(Session *s, RApplication *application) {
    session_init(s, L"Ann \x00e9\xd83d\xde00 <ann@example.org>", RSF_INVITER, is_before ? RSS_CONNECTED : RSS_ACCEPTED);
    CHECK_IS(S_OK, application->v->SetRendezvousSession(application, session_unknown(s)));
    CHECK(s->listening == 1);
    connect_it(s);
    return s;
}

/* The 35 steps of Ask and of Offer, with both IM programs here and both applications there. */
static void steps(void) {
    Session a, b;
    RApplication *first, *second;
    int is_ask = class == &ASK;
    LONG state = is_before ? RSS_CONNECTED : RSS_ACCEPTED;
    step(1, "IM: the entry is read, and its class known");
    step(2, "the invitation is sent");
    step(3, "and accepted");
    step(4, "which is told");
    session_init(&a, L"bob@example.org", RSF_INVITER, state);
    step(5, "IM of the inviter: makes its session");
    first = start();
    step(6, "creates the application");
    CHECK_IS(S_OK, first->v->SetRendezvousSession(first, session_unknown(&a)));
    step(7, "SetRendezvousSession is answered");
    session_init(&b, L"ann@example.org", RSF_INVITEE, state);
    step(8, "IM of the invitee: makes its session");
    second = start();
    step(9, "creates the application");
    CHECK_IS(S_OK, second->v->SetRendezvousSession(second, session_unknown(&b)));
    step(10, "SetRendezvousSession is answered");
    CHECK(a.listening == 1);
    step(11, "inviter's application: has advised");
    CHECK(a.references > 1);
    step(12, "holds the session");
    connect_it(&a);
    CHECK_IS(S_OK, raise_text(&b, L"who"));
    CHECK(begins(next_of(&b), is_ask ? L"who:ann@example.org:false:" : L"who:ann@example.org:true:"));
    CHECK(b.listening == 1 && b.references > 1);
    connect_it(&b);
    CHECK(wcscmp(next_of(&a), L"from the first") == 0);
    CHECK_IS(S_OK, raise_text(&a, L"who"));
    CHECK(begins(next_of(&a), is_ask ? L"who:bob@example.org:true:" : L"who:bob@example.org:false:"));
    step(13, "knows from the flags which side it is on");
    step(14, "knows whom it is with");
    step(15, "invitee's application: has advised");
    step(16, "holds the session");
    step(17, "knows from the flags which side it is on");
    step(18, "knows whom it is with");
    step(19, "inviter's application: is connected");
    step(20, "invitee's application: is connected");
    step(21, "inviter's application: SendContextData");
    step(22, "its IM has taken it");
    step(23, "and sent it");
    step(24, "the other IM has received it");
    CHECK_IS(S_OK, raise_text(&b, L"from the first"));
    step(25, "invitee's application: OnContextData");
    CHECK(wcscmp(next_of(&b), L"from the second") == 0);
    CHECK_IS(S_OK, raise_text(&a, L"from the second"));
    UNTIL(a.terminated);
    CHECK(a.result == S_OK && wcscmp(a.data, L"done") == 0);
    step(26, "inviter's application: Terminate");
    step(27, "its IM has got it");
    step(28, "and told the other");
    end_it(&a, first, a.result, a.data);
    step(29, "inviter's application: the end is told");
    step(30, "it has unadvised");
    step(31, "and released, down to the last reference");
    step(32, "the other IM is told");
    end_it(&b, second, a.result, a.data);
    step(33, "invitee's application: the end is told");
    step(34, "it has unadvised");
    step(35, "and released, down to the last reference");
    session_clear(&a);
    session_clear(&b);
}

enum { MANY = 10000 };

/* So many texts in each direction, all of them and in order. */
static void exchange(Session *s, int round) {
    wchar_t text[32];
    CHECK_IS(S_OK, raise_text(s, L"flood:10000"));
    for (int n = 0; n < MANY; n++) {
        swprintf(text, 32, L"%d", n);
        CHECK(wcscmp(next_of(s), text) == 0);
        if (n % 100 == 0) session_forget(s);
    }
    for (int n = 0; n < MANY; n++) {
        swprintf(text, 32, L"%d", n);
        CHECK_IS(S_OK, raise_text(s, text));
    }
    CHECK_IS(S_OK, raise_text(s, L"count"));
    swprintf(text, 32, L"count:%d", (round + 1) * MANY);
    CHECK(wcscmp(next_of(s), text) == 0);
    session_forget(s);
}

/* Three rounds of it: what both processes hold after the first is what they hold after the last. */
static void flood(void) {
    Session s;
    RApplication *application = start();
    HANDLE theirs;
    Weight ours_before, theirs_before, ours_after, theirs_after;
    begin(&s, application);
    CHECK(wcscmp(next_of(&s), L"from the first") == 0);
    CHECK_IS(S_OK, raise_text(&s, L"who"));
    theirs = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)wcstoul(wcsrchr(next_of(&s), L':') + 1, NULL, 10));
    CHECK(theirs);
    exchange(&s, 0);
    ours_before = weigh(GetCurrentProcess());
    theirs_before = weigh(theirs);
    exchange(&s, 1);
    exchange(&s, 2);
    ours_after = weigh(GetCurrentProcess());
    theirs_after = weigh(theirs);
    printf("grown: IM program %lu to %lu handles, %lu to %lu KiB; application %lu to %lu handles, %lu to %lu KiB\n",
        ours_before.handles, ours_after.handles, (DWORD)(ours_before.bytes >> 10), (DWORD)(ours_after.bytes >> 10),
        theirs_before.handles, theirs_after.handles, (DWORD)(theirs_before.bytes >> 10), (DWORD)(theirs_after.bytes >> 10));
    CHECK(!has_grown(ours_before, ours_after) && !has_grown(theirs_before, theirs_after));
    CloseHandle(theirs);
    end_it(&s, application, S_OK, L"");
    session_clear(&s);
}

static int by_size(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static void speed(void) {
    enum { TIMES = 2000 };
    static double times[TIMES];
    Session s;
    LARGE_INTEGER second, from, to;
    RApplication *application = start();
    begin(&s, application);
    QueryPerformanceFrequency(&second);
    for (int kind = 0; kind < 2; kind++) {
        for (int n = 0; n < TIMES; n++) {
            QueryPerformanceCounter(&from);
            if (kind) raise_text(&s, L"a text of thirty-two characters."); else raise_state(&s, RSS_CONNECTED);
            QueryPerformanceCounter(&to);
            times[n] = 1000.0 * (double)(to.QuadPart - from.QuadPart) / (double)second.QuadPart;
        }
        qsort(times, TIMES, sizeof *times, by_size);
        printf("%s: p50 %.3f ms, p95 %.3f ms, p99 %.3f ms (%d events)\n",
            kind ? "OnContextData" : "OnStateChanged, with get_State inside", times[TIMES / 2], times[TIMES * 95 / 100], times[TIMES * 99 / 100], TIMES);
    }
    end_it(&s, application, S_OK, L"");
    session_clear(&s);
}

/* Long and odd texts, a result of the application's own, and a second session right after. */
static void again(void) {
    enum { LONG_ONE = 65536 };
    static wchar_t text[LONG_ONE + 6] = L"echo:";
    Session s;
    for (int n = 0; n < LONG_ONE; n++) text[5 + n] = L'a' + n % 26;
    text[5 + 7] = 0;
    for (int round = 0; round < 2; round++) {
        RApplication *application = start();
        BSTR answer;
        begin(&s, application);
        CHECK(wcscmp(next_of(&s), L"from the first") == 0);
        CHECK_IS(S_OK, raise_units(&s, text, LONG_ONE + 5));
        answer = next_of(&s);
        CHECK(SysStringLen(answer) == LONG_ONE && memcmp(answer, text + 5, 2 * LONG_ONE) == 0);
        CHECK_IS(S_OK, raise_text(&s, L"echo:"));
        CHECK(SysStringLen(next_of(&s)) == 0);
        CHECK_IS(S_OK, raise_error(&s, (HRESULT)0x81000619));
        CHECK_IS(S_OK, raise_text(&s, L"end:2164262406"));
        UNTIL(s.terminated);
        CHECK(s.result == (HRESULT)0x81000606 && wcscmp(s.data, L"as asked") == 0);
        end_it(&s, application, s.result, s.data);
        session_clear(&s);
    }
}

/* Killed in each state. The application is to notice; whoever runs this looks. */
static void die(const char *where) {
    Session s;
    RApplication *application = start();
    if (!strcmp(where, "created")) TerminateProcess(GetCurrentProcess(), 9);
    session_init(&s, L"bob@example.org", RSF_INVITER, RSS_ACCEPTED);
    if (!strcmp(where, "in-state")) s.trick = DIE_IN_STATE;
    if (!strcmp(where, "in-send")) s.trick = DIE_IN_SEND;
    if (!strcmp(where, "in-terminate")) s.trick = DIE_IN_TERMINATE;
    CHECK_IS(S_OK, application->v->SetRendezvousSession(application, session_unknown(&s)));
    if (!strcmp(where, "handed")) TerminateProcess(GetCurrentProcess(), 9);
    CHECK_IS(S_OK, raise_state(&s, RSS_CONNECTED));
    next_of(&s);
    if (!strcmp(where, "connected")) TerminateProcess(GetCurrentProcess(), 9);
    if (!strcmp(where, "in-terminate")) raise_text(&s, L"from the second");
    if (!strcmp(where, "ended")) raise_state(&s, RSS_CANCELLED);
    if (strcmp(where, "in-terminate")) TerminateProcess(GetCurrentProcess(), 9);
    serve_calls_for(10000);
}

int main(int count, char **arguments) {
    const char *scenario;
    if (count != 6) return 2;
    place = strcmp(arguments[2], "dll") ? CLSCTX_LOCAL_SERVER : CLSCTX_INPROC_SERVER;
    is_before = !strcmp(arguments[3], "before");
    ending = arguments[4];
    scenario = arguments[5];
    CHECK_IS(S_OK, CoInitializeEx(NULL, strcmp(arguments[1], "sta") ? COINIT_MULTITHREADED : COINIT_APARTMENTTHREADED));
    if (!strcmp(scenario, "steps")) steps();
    else if (!strcmp(scenario, "offer")) { class = &OFFER; steps(); }
    else if (!strcmp(scenario, "flood")) flood();
    else if (!strcmp(scenario, "speed")) speed();
    else if (!strcmp(scenario, "again")) again();
    else if (!strcmp(scenario, "bad")) bad(start(), place == CLSCTX_INPROC_SERVER);
    else if (!strncmp(scenario, "die-", 4)) die(scenario + 4);
    else return 2;
    CoUninitialize();
    printf("PASSED %s %s %s %s %s\n", arguments[1], arguments[2], arguments[3], arguments[4], scenario);
    return 0;
}

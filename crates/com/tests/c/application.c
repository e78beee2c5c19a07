/* An application written against the published layout alone: it registers itself under names of its own, is started as a
 * local server by any IM program, and plays its part.
 *
 *   application register PATH | unregister | serve (as the registry has it)
 *
 * COM_TRIAL_TRICK in the environment: people (the other one has an address of any kind), refuse, bad, leave, many, and where it is killed: die-started, die-created, die-in-set,
 * die-handed, die-connected, die-in-event, die-terminated, die-in-end. */
#include "published.h"
#include "weigh.h"
#include <stdio.h>
#include <stdlib.h>
#include <tlhelp32.h>

const IID SESSION_IID = { 0x9BA4B1DD, 0x8B0C, 0x48B7, { 0x9E, 0x7C, 0x2F, 0x25, 0x85, 0x7C, 0x8D, 0xF5 } };
const IID APPLICATION_IID = { 0x4F4D070B, 0xA275, 0x49FB, { 0xB1, 0x0D, 0x8E, 0xC2, 0x63, 0x87, 0xB5, 0x0D } };
const IID EVENTS_IID = { 0x3FA19CF8, 0x64C4, 0x4F53, { 0xAE, 0x60, 0x63, 0x5B, 0x38, 0x06, 0xEC, 0xA6 } };
static const CLSID OURS = { 0xE1B813D0, 0x343A, 0x47F6, { 0xA2, 0x5D, 0xAD, 0x88, 0x63, 0xFB, 0xCE, 0x7D } };
#define OURS_TEXT L"{E1B813D0-343A-47F6-A25D-AD8863FBCE7D}"
#define ENTRY_KEY L"SOFTWARE\\Microsoft\\RendezvousApps\\{7C1D55E0-93C7-4E5E-B1BC-3A0F4A1F6A55}"
#define CLASS_KEY L"SOFTWARE\\Classes\\CLSID\\" OURS_TEXT

static const char *trick = "";
static HANDLE wake;
static RSession *session;
static IConnectionPoint *point;
static DWORD cookie;
static LONG references;
static volatile LONG state, is_over, is_begun, texts;
static volatile LONG wants_answer, wants_end;
static int texts_sent;

/* Killed here, if that is the trial. */
static void here(const char *place) {
    if (!strncmp(trick, "die-", 4) && !strcmp(trick + 4, place)) TerminateProcess(GetCurrentProcess(), 9);
}

static void note(const char *what, long number) {
    const char *path = getenv("COM_TRIAL_LOG");
    FILE *file;
    /* Appending is no single step: of two processes that write at once, one would write over the other's line. */
    HANDLE turn = CreateMutexW(NULL, FALSE, L"rendezvous-trial-log");
    WaitForSingleObject(turn, INFINITE);
    file = path ? fopen(path, "a") : NULL;
    if (file) {
        fprintf(file, "C application %lu %s %ld\n", GetCurrentProcessId(), what, number);
        fclose(file);
    }
    ReleaseMutex(turn);
    CloseHandle(turn);
}

static void expect(const char *what, HRESULT wanted, HRESULT got) {
    if (got != wanted) note(what, got);
}

static void look(void) {
    LONG now = -1;
    if (SUCCEEDED(session->v->get_State(session, &now))) state = now;
}

/* The sink. */
static HRESULT STDMETHODCALLTYPE e_query(IDispatch *this, REFIID name, void **object) {
    int is_it = IsEqualIID(name, &IID_IUnknown) || IsEqualIID(name, &IID_IDispatch) || IsEqualIID(name, &EVENTS_IID);
    *object = is_it ? this : NULL;
    if (is_it) InterlockedIncrement(&references);
    return is_it ? S_OK : E_NOINTERFACE;
}
static ULONG STDMETHODCALLTYPE e_add(IDispatch *this) { (void)this; return InterlockedIncrement(&references); }
static ULONG STDMETHODCALLTYPE e_release(IDispatch *this) { (void)this; return InterlockedDecrement(&references); }
static HRESULT STDMETHODCALLTYPE e_count(IDispatch *this, UINT *count) { (void)this; *count = 0; return S_OK; }
static HRESULT STDMETHODCALLTYPE e_info(IDispatch *this, UINT n, LCID l, ITypeInfo **info) { (void)this; (void)n; (void)l; *info = NULL; return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE e_names(IDispatch *this, REFIID r, LPOLESTR *names, UINT n, LCID l, DISPID *ids) {
    (void)this; (void)r; (void)names; (void)n; (void)l; (void)ids;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE e_invoke(IDispatch *this, DISPID member, REFIID r, LCID l, WORD how, DISPPARAMS *with, VARIANT *result, EXCEPINFO *x, UINT *wrong) {
    (void)this; (void)r; (void)l; (void)how; (void)result; (void)x; (void)wrong;
    if (member == ON_CONTEXT_DATA) here("in-event");
    if (member == ON_TERMINATION) here("in-end");
    switch (member) {
    case ON_STATE_CHANGED: {
        LONG before = with->rgvarg[0].lVal;
        look();
        /* The argument is the state that was, and inside the event the session says the one that is. */
        if (with->cArgs != 1 || with->rgvarg[0].vt != VT_I4 || before == state) note("WRONG state", before);
        if (state == RSS_CONNECTED) is_begun = 1;
        break;
    }
    case ON_TERMINATION:
        if (with->cArgs != 2 || with->rgvarg[1].vt != VT_I4 || with->rgvarg[0].vt != VT_BSTR) note("WRONG termination", 0);
        if (is_over) note("WRONG second end", is_over);
        note("ended", with->rgvarg[1].lVal);
        is_over = 1;
        break;
    case ON_CONTEXT_DATA:
        if (is_over) note("WRONG text after the end", 0);
        if (!wcscmp(with->rgvarg[0].bstrVal, L"from the first")) wants_answer = 1;
        else if (!wcscmp(with->rgvarg[0].bstrVal, L"from the second")) wants_end = 1;
        else if (wcstol(with->rgvarg[0].bstrVal, NULL, 10) != texts++) note("WRONG order", texts);
        break;
    case ON_SEND_ERROR:
        break;
    default:
        note("WRONG event", member);
    }
    SetEvent(wake);
    return S_OK;
}
static IDispatchVtbl SINK = { e_query, e_add, e_release, e_count, e_info, e_names, e_invoke };
static IDispatch sink = { &SINK };

/* The application. */
static HRESULT STDMETHODCALLTYPE a_query(RApplication *this, REFIID name, void **object) {
    int is_it = IsEqualIID(name, &IID_IUnknown) || IsEqualIID(name, &APPLICATION_IID);
    *object = is_it ? this : NULL;
    if (is_it) InterlockedIncrement(&references);
    return is_it ? S_OK : E_NOINTERFACE;
}
static ULONG STDMETHODCALLTYPE a_add(RApplication *this) { (void)this; return InterlockedIncrement(&references); }
static ULONG STDMETHODCALLTYPE a_release(RApplication *this) { (void)this; return InterlockedDecrement(&references); }

static HRESULT STDMETHODCALLTYPE a_set(RApplication *this, IUnknown *unknown) {
    IConnectionPointContainer *container = NULL;
    (void)this;
    if (!strcmp(trick, "refuse")) return E_FAIL;
    if (FAILED(IUnknown_QueryInterface(unknown, &SESSION_IID, (void **)&session))) return E_INVALIDARG;
    if (FAILED(IUnknown_QueryInterface(unknown, &IID_IConnectionPointContainer, (void **)&container))) return E_INVALIDARG;
    expect("WRONG FindConnectionPoint", S_OK, IConnectionPointContainer_FindConnectionPoint(container, &EVENTS_IID, &point));
    IConnectionPointContainer_Release(container);
    expect("WRONG Advise", S_OK, IConnectionPoint_Advise(point, (IUnknown *)&sink, &cookie));
    here("in-set");
    look();
    if (state == RSS_CONNECTED) is_begun = 1;
    SetEvent(wake);
    return S_OK;
}
static const RApplicationVtbl APPLICATION = { a_query, a_add, a_release, a_set };
static RApplication application = { &APPLICATION };

/* The factory. */
static HRESULT STDMETHODCALLTYPE f_query(IClassFactory *this, REFIID name, void **object) {
    int is_it = IsEqualIID(name, &IID_IUnknown) || IsEqualIID(name, &IID_IClassFactory);
    *object = is_it ? this : NULL;
    return is_it ? S_OK : E_NOINTERFACE;
}
static ULONG STDMETHODCALLTYPE f_count(IClassFactory *this) { (void)this; return 2; }
static HRESULT STDMETHODCALLTYPE f_create(IClassFactory *this, IUnknown *outer, REFIID name, void **object) {
    (void)this;
    here("created");
    return outer ? CLASS_E_NOAGGREGATION : a_query(&application, name, object);
}
static HRESULT STDMETHODCALLTYPE f_lock(IClassFactory *this, BOOL lock) { (void)this; (void)lock; return S_OK; }
static IClassFactoryVtbl FACTORY = { f_query, f_count, f_count, f_create, f_lock };
static IClassFactory factory = { &FACTORY };

static HRESULT say_units(const wchar_t *units, UINT count) {
    BSTR text = SysAllocStringLen(units, count);
    HRESULT result = session->v->SendContextData(session, text);
    SysFreeString(text);
    return result;
}
static HRESULT say(const wchar_t *text) { return say_units(text, (UINT)wcslen(text)); }

static HRESULT end_with(HRESULT result, UINT length) {
    BSTR data = SysAllocStringLen(NULL, length);
    HRESULT returned;
    for (UINT n = 0; n < length; n++) data[n] = L'x';
    returned = session->v->Terminate(session, result, data);
    SysFreeString(data);
    return returned;
}

/* What an IM program must refuse, while the session goes on. */
static void ask_wrongly(void) {
    void *object = &sink;
    DWORD other = 7;
    IID name;
    IConnectionPointContainer *container = NULL;
    IConnectionPoint *none = NULL;
    IEnumConnectionPoints *points = NULL;
    IEnumConnections *connections = NULL;
    wchar_t *long_one = calloc(65537, sizeof *long_one);
    for (int n = 0; n < 65537; n++) long_one[n] = L'x';
    expect("WRONG half a character", E_INVALIDARG, say_units(L"\xd800", 1));
    expect("WRONG half at the end", E_INVALIDARG, say_units(L"ab\xdc00", 3));
    expect("WRONG text over the limit", E_INVALIDARG, say_units(long_one, 65537));
    expect("WRONG data over the limit", E_INVALIDARG, end_with(S_OK, 513));
    expect("WRONG interface", E_NOINTERFACE, session->v->QueryInterface(session, &APPLICATION_IID, &object));
    expect("WRONG container", S_OK, IConnectionPoint_GetConnectionPointContainer(point, &container));
    expect("WRONG connection point", CONNECT_E_NOCONNECTION, IConnectionPointContainer_FindConnectionPoint(container, &SESSION_IID, &none));
    expect("WRONG unadvise", CONNECT_E_NOCONNECTION, IConnectionPoint_Unadvise(point, 99));
    expect("WRONG connection", S_OK, IConnectionPoint_GetConnectionInterface(point, &name));
    if (!IsEqualIID(&name, &EVENTS_IID)) note("WRONG events", 0);
    expect("WRONG sink", CONNECT_E_CANNOTCONNECT, IConnectionPoint_Advise(point, (IUnknown *)&factory, &other));
    /* What is in the lists is tried within one process: the proxies of Wine 8 return something else. */
    expect("WRONG list", S_OK, IConnectionPointContainer_EnumConnectionPoints(container, &points));
    IEnumConnectionPoints_Release(points);
    expect("WRONG connections", S_OK, IConnectionPoint_EnumConnections(point, &connections));
    IEnumConnections_Release(connections);
    IConnectionPointContainer_Release(container);
    free(long_one);
}

/* 10,000 texts each way, as many times as this; they go on counting. */
static void exchange(int rounds) {
    const int until = texts_sent + 10000 * rounds;
    while (texts_sent < until) {
        wchar_t number[16];
        HRESULT result;
        swprintf(number, 16, L"%d", texts_sent);
        result = say(number);
        if (result == S_OK) texts_sent++;
        else if (result == E_OUTOFMEMORY) Sleep(1);
        else { note("WRONG send", result); break; }
    }
    while (texts < until && !is_over) WaitForSingleObject(wake, 1000);
}

/* The IM program, which has started this one. */
static HANDLE im_program(void) {
    PROCESSENTRY32 entry = { .dwSize = sizeof entry };
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    DWORD parent = 0;
    for (BOOL more = Process32First(all, &entry); more; more = Process32Next(all, &entry)) {
        if (entry.th32ProcessID == GetCurrentProcessId()) parent = entry.th32ParentProcessID;
    }
    CloseHandle(all);
    return OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, parent);
}

static void many(void) {
    HANDLE theirs = im_program();
    Weight ours_before, theirs_before, ours_after, theirs_after;
    exchange(1);
    ours_before = weigh(GetCurrentProcess());
    theirs_before = weigh(theirs);
    exchange(2);
    ours_after = weigh(GetCurrentProcess());
    theirs_after = weigh(theirs);
    note("texts", texts);
    note("KiB before", (long)(ours_before.bytes >> 10));
    note("KiB after", (long)(ours_after.bytes >> 10));
    note("handles before", (long)ours_before.handles);
    note("handles after", (long)ours_after.handles);
    note("IM program: KiB before", (long)(theirs_before.bytes >> 10));
    note("IM program: KiB after", (long)(theirs_after.bytes >> 10));
    note("IM program: handles before", (long)theirs_before.handles);
    note("IM program: handles after", (long)theirs_after.handles);
    if (has_grown(ours_before, ours_after)) note("WRONG growth", 1);
    if (has_grown(theirs_before, theirs_after)) note("WRONG growth of the IM program", 1);
    CloseHandle(theirs);
}

static void play(void) {
    LONG flags = 0;
    BSTR user = NULL;
    int is_first;
    expect("WRONG Flags", S_OK, session->v->get_Flags(session, &flags));
    expect("WRONG RemoteUser", S_OK, session->v->get_RemoteUser(session, &user));
    is_first = flags == RSF_INVITER;
    if (!user || (strcmp(trick, "people") && wcscmp(user, is_first ? L"bob" : L"ann"))) note("WRONG user", flags);
    SysFreeString(user);
    here("handed");
    while (!is_begun && !is_over) WaitForSingleObject(wake, 1000);
    note("connected", state);
    here("connected");
    if (!strcmp(trick, "bad")) ask_wrongly();
    if (!strcmp(trick, "leave") && is_first) return;
    if (!strcmp(trick, "many")) many();
    if (is_first) expect("WRONG send", S_OK, say(L"from the first"));
    while (!is_over) {
        if (InterlockedExchange(&wants_answer, 0)) expect("WRONG send", S_OK, say(L"from the second"));
        if (InterlockedExchange(&wants_end, 0)) {
            expect("WRONG Terminate", S_OK, end_with(S_OK, 4));
            here("terminated");
        }
        WaitForSingleObject(wake, 1000);
    }
    look();
    if (state < RSS_CANCELLED) note("WRONG last state", state);
    if (!strcmp(trick, "bad")) {
        expect("WRONG late send", E_FAIL, say(L"late"));
        expect("WRONG late Terminate", E_FAIL, end_with(S_OK, 0));
    }
}

static void serve(void) {
    DWORD registration = 0;
    HRESULT result;
    here("started");
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    result = CoRegisterClassObject(&OURS, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER, REGCLS_SINGLEUSE, &registration);
    if (FAILED(result)) note("WRONG registration", result);
    WaitForSingleObject(wake, 20000);
    if (session) {
        play();
        expect("WRONG unadvise at the end", S_OK, IConnectionPoint_Unadvise(point, cookie));
        IConnectionPoint_Release(point);
        session->v->Release(session);
    }
    for (int n = 0; n < 500 && references > 0; n++) Sleep(10);
    CoRevokeClassObject(registration);
    CoUninitialize();
    note("leaves, references", references);
}

static int set(const wchar_t *key, const wchar_t *name, const wchar_t *value) {
    HKEY at;
    LONG result;
    if (RegCreateKeyW(HKEY_LOCAL_MACHINE, key, &at)) return 1;
    result = RegSetValueExW(at, name, 0, REG_SZ, (const BYTE *)value, (DWORD)(2 * wcslen(value) + 2));
    RegCloseKey(at);
    return result != 0;
}

int main(int count, char **arguments) {
    wchar_t line[600];
    trick = getenv("COM_TRIAL_TRICK") ? getenv("COM_TRIAL_TRICK") : "";
    if (count == 3 && !strcmp(arguments[1], "register")) {
        swprintf(line, 600, L"\"%hs\" serve", arguments[2]);
        return set(CLASS_KEY, NULL, L"A trial application") || set(CLASS_KEY L"\\LocalServer32", NULL, line)
            || set(ENTRY_KEY, L"Name", L"A trial application") || set(ENTRY_KEY, L"RendezvousComponent", OURS_TEXT);
    }
    if (count == 2 && !strcmp(arguments[1], "unregister")) {
        return RegDeleteKeyW(HKEY_LOCAL_MACHINE, CLASS_KEY L"\\LocalServer32") || RegDeleteKeyW(HKEY_LOCAL_MACHINE, CLASS_KEY)
            || RegDeleteKeyW(HKEY_LOCAL_MACHINE, ENTRY_KEY);
    }
    if (count >= 2 && !strcmp(arguments[1], "serve")) serve();
    return 0;
}

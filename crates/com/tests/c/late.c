/* A program of Messenger's time, which knows the objects by the names of their members alone (IDispatch), and listens.
 *
 *   late launched                      it was started for a session, and asks which
 *   late incoming                      takes an invitation
 *   late bad                           what nobody should do
 *   late forget                        registers and removes
 *   late many                          10,000 texts each way
 *   late die-invited|die-connected|die-in-event|die-listening */
#include "published.h"
#include <stdio.h>
#include <stdlib.h>

static const IID MANAGER_EVENTS = { 0x52AC8B62, 0x8F88, 0x46CA, { 0x90, 0x2A, 0x1F, 0x91, 0x06, 0xB0, 0xA9, 0xF4 } };
static const IID SESSION_EVENTS = { 0x1847A74F, 0x2E7F, 0x43AF, { 0xB7, 0xF9, 0x55, 0xA4, 0xDE, 0x32, 0x76, 0xF5 } };
/* Of the other API, which these objects have not. */
const IID SESSION_IID = { 0x9BA4B1DD, 0x8B0C, 0x48B7, { 0x9E, 0x7C, 0x2F, 0x25, 0x85, 0x7C, 0x8D, 0xF5 } };
static const IID LOCK_IID = { 0x36602AFA, 0x4859, 0x4DF5, { 0x82, 0x0B, 0xBF, 0x35, 0xAC, 0xAA, 0x16, 0xCA } };
#define TRIAL L"{3B0C4B55-7C67-4E0C-8B7B-0D1B1B1D6F4E}"

static HANDLE wake;
static IDispatch *manager, *session;
static volatile LONG terminated, cancelled, ready, launches, texts, invited, registered, wrong_state;
static volatile LONG result_of_end;
static wchar_t last[512];
static const char *mode;

static void fail(int line, const char *what, unsigned long number) {
    printf("FAILED late.c:%d: %s (0x%08lx)\n", line, what, number);
    fflush(stdout);
    ExitProcess(1);
}
#define CHECK(condition) do { if (!(condition)) fail(__LINE__, #condition, 0); } while (0)
#define CHECK_IS(wanted, call) do { HRESULT got = (call); if (got != (HRESULT)(wanted)) fail(__LINE__, #call, (unsigned long)got); } while (0)
#define UNTIL(condition) do { DWORD begin = GetTickCount(); \
        while (!(condition)) { WaitForSingleObject(wake, 20); if (GetTickCount() - begin > 60000) fail(__LINE__, #condition, 0); } } while (0)

/* One call by name. The arguments come in the order in which they are declared. */
static HRESULT by_name(IDispatch *object, WORD how, const wchar_t *name, VARIANT *arguments, UINT count, VARIANT *answer) {
    VARIANT reversed[8];
    EXCEPINFO exception;
    DISPID id = -7, put = DISPID_PROPERTYPUT;
    DISPPARAMS parameters = { reversed, how == DISPATCH_PROPERTYPUT ? &put : NULL, count, how == DISPATCH_PROPERTYPUT };
    wchar_t *copy = wcsdup(name);
    HRESULT result = IDispatch_GetIDsOfNames(object, &IID_NULL, &copy, 1, 0, &id);
    free(copy);
    if (FAILED(result)) return result;
    for (UINT n = 0; n < count; n++) reversed[n] = arguments[count - 1 - n];
    memset(&exception, 0, sizeof exception);
    if (answer) VariantInit(answer);
    result = IDispatch_Invoke(object, id, &IID_NULL, 0, how, &parameters, answer, &exception, NULL);
    if (result == DISP_E_EXCEPTION) {
        CHECK(exception.bstrDescription && exception.bstrSource);
        SysFreeString(exception.bstrDescription);
        SysFreeString(exception.bstrSource);
        result = exception.scode;
    }
    return result;
}

static VARIANT text_of(const wchar_t *text) {
    VARIANT v;
    VariantInit(&v);
    v.vt = VT_BSTR;
    v.bstrVal = SysAllocString(text);
    return v;
}
static VARIANT number_of(LONG number) {
    VARIANT v;
    VariantInit(&v);
    v.vt = VT_I4;
    v.lVal = number;
    return v;
}

static HRESULT call_text(IDispatch *object, WORD how, const wchar_t *name, const wchar_t *text) {
    VARIANT argument = text_of(text);
    HRESULT result = by_name(object, how, name, &argument, 1, NULL);
    VariantClear(&argument);
    return result;
}
static HRESULT send(const wchar_t *text) { return call_text(session, DISPATCH_METHOD, L"SendContextData", text); }
static LONG state(void) {
    VARIANT answer;
    CHECK_IS(S_OK, by_name(session, DISPATCH_PROPERTYGET, L"State", NULL, 0, &answer));
    CHECK(answer.vt == VT_I4);
    return answer.lVal;
}
static int is_text(const wchar_t *name, const wchar_t *wanted) {
    VARIANT answer;
    int is;
    CHECK_IS(S_OK, by_name(session, DISPATCH_PROPERTYGET, name, NULL, 0, &answer));
    is = answer.vt == VT_BSTR && !wcscmp(answer.bstrVal, wanted);
    VariantClear(&answer);
    return is;
}

/* One sink for both kinds of events; it lives as long as the program. */
static HRESULT STDMETHODCALLTYPE e_query(IDispatch *this, REFIID name, void **object) {
    int is_it = IsEqualIID(name, &IID_IUnknown) || IsEqualIID(name, &IID_IDispatch) || IsEqualIID(name, &MANAGER_EVENTS) || IsEqualIID(name, &SESSION_EVENTS);
    *object = is_it ? this : NULL;
    return is_it ? S_OK : E_NOINTERFACE;
}
static ULONG STDMETHODCALLTYPE e_count(IDispatch *this) { (void)this; return 2; }
static HRESULT STDMETHODCALLTYPE e_infos(IDispatch *this, UINT *count) { (void)this; *count = 0; return S_OK; }
static HRESULT STDMETHODCALLTYPE e_info(IDispatch *this, UINT n, LCID l, ITypeInfo **info) { (void)this; (void)n; (void)l; *info = NULL; return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE e_names(IDispatch *this, REFIID r, LPOLESTR *names, UINT n, LCID l, DISPID *ids) {
    (void)this; (void)r; (void)names; (void)n; (void)l; (void)ids;
    return E_NOTIMPL;
}
static HRESULT STDMETHODCALLTYPE e_invoke(IDispatch *this, DISPID member, REFIID r, LCID l, WORD how, DISPPARAMS *with, VARIANT *answer, EXCEPINFO *x, UINT *wrong) {
    (void)this; (void)r; (void)l; (void)how; (void)answer; (void)x; (void)wrong;
    if (!strcmp(mode, "die-in-event")) TerminateProcess(GetCurrentProcess(), 9);
    switch (member) {
    case 100: {
        CHECK(with->cArgs == 3 && with->rgvarg[2].vt == VT_DISPATCH && with->rgvarg[1].vt == VT_BSTR && with->rgvarg[0].vt == (VT_BOOL | VT_BYREF));
        CHECK(!wcscmp(with->rgvarg[1].bstrVal, L"come"));
        session = with->rgvarg[2].pdispVal;
        IDispatch_AddRef(session);
        /* That it was handled here takes the question away from nobody. */
        *with->rgvarg[0].pboolVal = VARIANT_TRUE;
        invited = 1;
        break;
    }
    case 101: registered++; break;
    case 102: registered--; break;
    case 103:
        CHECK(with->cArgs == 1 && with->rgvarg[0].vt == VT_I4);
        if (session && state() <= with->rgvarg[0].lVal) wrong_state = 1;
        break;
    case 105: break;
    case 107: CHECK(!wcscmp(with->rgvarg[0].bstrVal, L"bye")); cancelled++; break;
    case 108:
        CHECK(with->cArgs == 2 && with->rgvarg[1].vt == VT_I4 && with->rgvarg[0].vt == VT_BSTR);
        result_of_end = with->rgvarg[1].lVal;
        terminated++;
        break;
    case 109: CHECK(with->cArgs == 0); ready++; break;
    case 110:
        wcsncpy(last, with->rgvarg[0].bstrVal, 511);
        texts++;
        break;
    case 112:
        CHECK(with->cArgs == 1 && with->rgvarg[0].vt == (VT_BOOL | VT_BYREF) && *with->rgvarg[0].pboolVal == VARIANT_TRUE);
        /* This program is the application. */
        *with->rgvarg[0].pboolVal = VARIANT_FALSE;
        launches++;
        break;
    default: fail(__LINE__, "an event that is none", (unsigned long)member);
    }
    SetEvent(wake);
    return S_OK;
}
static IDispatchVtbl SINK = { e_query, e_count, e_count, e_infos, e_info, e_names, e_invoke };
static IDispatch sink = { &SINK };

static IConnectionPoint *listen_to(IDispatch *object, REFIID events, DWORD *cookie) {
    IConnectionPointContainer *container = NULL;
    IConnectionPoint *point = NULL;
    CHECK_IS(S_OK, IDispatch_QueryInterface(object, &IID_IConnectionPointContainer, (void **)&container));
    CHECK_IS(S_OK, IConnectionPointContainer_FindConnectionPoint(container, events, &point));
    CHECK_IS(S_OK, IConnectionPoint_Advise(point, (IUnknown *)&sink, cookie));
    IConnectionPointContainer_Release(container);
    return point;
}

static void let_go(IConnectionPoint *point, DWORD cookie) {
    CHECK_IS(S_OK, IConnectionPoint_Unadvise(point, cookie));
    IConnectionPoint_Release(point);
}

static void create(void) {
    CLSID class;
    CHECK_IS(S_OK, CLSIDFromProgID(L"Rendezvous.SessionManager", &class));
    CHECK_IS(S_OK, CoCreateInstance(&class, NULL, CLSCTX_LOCAL_SERVER, &IID_IDispatch, (void **)&manager));
}

static void make_known(void) {
    /* One that was killed has left it there. */
    call_text(manager, DISPATCH_METHOD, L"UnRegisterApplication", TRIAL);
    VARIANT arguments[5] = { text_of(TRIAL), text_of(L"Trial"), text_of(L""), text_of(L"C:\\trial\\late.exe"), number_of(0) };
    CHECK_IS(S_OK, by_name(manager, DISPATCH_METHOD, L"RegisterApplication", arguments, 5, NULL));
    for (int n = 0; n < 4; n++) VariantClear(&arguments[n]);
}
static void forget(void) { CHECK_IS(S_OK, call_text(manager, DISPATCH_METHOD, L"UnRegisterApplication", TRIAL)); }

/* A session with Bob, whose application this program is. */
static IConnectionPoint *connect(DWORD *cookie) {
    VARIANT answer, arguments[2] = { text_of(L"bob"), text_of(L"from C") };
    IConnectionPoint *point;
    CHECK_IS(S_OK, by_name(manager, DISPATCH_METHOD, L"CreateSession", NULL, 0, &answer));
    CHECK(answer.vt == VT_DISPATCH);
    session = answer.pdispVal;
    point = listen_to(session, &SESSION_EVENTS, cookie);
    CHECK_IS(S_OK, call_text(session, DISPATCH_PROPERTYPUT, L"Application", TRIAL));
    CHECK_IS(S_OK, by_name(session, DISPATCH_METHOD, L"Invite", arguments, 2, NULL));
    VariantClear(&arguments[0]);
    VariantClear(&arguments[1]);
    if (!strcmp(mode, "die-invited")) TerminateProcess(GetCurrentProcess(), 9);
    UNTIL(state() == RSS_CONNECTED);
    CHECK(ready == 1 && launches == 1);
    return point;
}

/* Nothing that follows the end, and the end once. */
static void over(IConnectionPoint *point, DWORD cookie) {
    UNTIL(terminated);
    CHECK(terminated == 1 && !wrong_state && state() == RSS_CANCELLED);
    let_go(point, cookie);
    IDispatch_Release(session);
}

static void launched(void) {
    VARIANT answer, process = number_of((LONG)GetCurrentProcessId());
    DWORD cookie;
    IConnectionPoint *point;
    CHECK_IS(S_OK, by_name(manager, DISPATCH_METHOD, L"GetLaunchingSession", &process, 1, &answer));
    CHECK(answer.vt == VT_DISPATCH);
    session = answer.pdispVal;
    point = listen_to(session, &SESSION_EVENTS, &cookie);
    UNTIL(terminated || state() > RSS_CONNECTED);
    let_go(point, cookie);
    IDispatch_Release(session);
}

static void incoming(void) {
    DWORD of_manager, of_session;
    IConnectionPoint *at_manager, *at_session;
    make_known();
    at_manager = listen_to(manager, &MANAGER_EVENTS, &of_manager);
    if (!strcmp(mode, "die-listening")) {
        UNTIL(invited);
        TerminateProcess(GetCurrentProcess(), 9);
    }
    UNTIL(invited);
    at_session = listen_to(session, &SESSION_EVENTS, &of_session);
    CHECK(state() == RSS_INVITATION && is_text(L"Application", TRIAL));
    /* It is asked, and answered by whoever sits there. */
    CHECK_IS(S_OK, call_text(session, DISPATCH_METHOD, L"Accept", L"I wish it"));
    UNTIL(state() == RSS_CONNECTED);
    CHECK(ready == 1 && launches == 1);
    CHECK_IS(0x81000614, call_text(session, DISPATCH_METHOD, L"Accept", L"twice"));
    CHECK_IS(S_OK, send(L"hello"));
    UNTIL(texts == 1);
    CHECK(!wcscmp(last, L"echo:hello") && is_text(L"ContextData", L"echo:hello"));
    CHECK_IS(S_OK, send(L"end"));
    over(at_session, of_session);
    CHECK(cancelled == 1 && result_of_end == (LONG)0x81000607);
    forget();
    UNTIL(registered == -1);
    let_go(at_manager, of_manager);
}

typedef struct LockVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(void *, REFIID, void **);
    ULONG(STDMETHODCALLTYPE *AddRef)(void *);
    ULONG(STDMETHODCALLTYPE *Release)(void *);
    HRESULT(STDMETHODCALLTYPE *get_Status)(void *, LONG *);
    HRESULT(STDMETHODCALLTYPE *RequestChallenge)(void *, LONG);
    HRESULT(STDMETHODCALLTYPE *SendResponse)(void *, LONG, BSTR, LONG);
} LockVtbl;
typedef struct Lock {
    const LockVtbl *v;
} Lock;

static void bad(void) {
    Lock *lock = NULL;
    LONG status = 0;
    VARIANT answer, argument;
    DISPID id;
    UINT count = 9, wrong = 9;
    ITypeInfo *info = NULL;
    TYPEATTR *attributes = NULL;
    void *object = &sink;
    wchar_t *unknown = L"SessionStarted", *capitals = L"CREATESESSION";
    DISPPARAMS none = { NULL, NULL, 0, 0 };
    CHECK_IS(S_OK, IDispatch_QueryInterface(manager, &LOCK_IID, (void **)&lock));
    CHECK_IS(S_OK, lock->v->get_Status(lock, &status));
    CHECK(status == 4);
    CHECK_IS(0x81000754, lock->v->RequestChallenge(lock, 1));
    CHECK_IS(0x81000754, lock->v->SendResponse(lock, 1, NULL, 1));
    lock->v->Release(lock);
    CHECK_IS(E_NOINTERFACE, IDispatch_QueryInterface(manager, &SESSION_IID, &object));
    CHECK_IS(S_OK, IDispatch_GetTypeInfoCount(manager, &count));
    CHECK(count == 1);
    CHECK_IS(S_OK, IDispatch_GetTypeInfo(manager, 0, 0, &info));
    CHECK_IS(S_OK, ITypeInfo_GetTypeAttr(info, &attributes));
    CHECK(attributes->guid.Data1 == 0x305D86C6);
    ITypeInfo_ReleaseTypeAttr(info, attributes);
    ITypeInfo_Release(info);
    CHECK_IS(DISP_E_UNKNOWNNAME, IDispatch_GetIDsOfNames(manager, &IID_NULL, &unknown, 1, 0, &id));
    CHECK(id == DISPID_UNKNOWN);
    CHECK_IS(S_OK, IDispatch_GetIDsOfNames(manager, &IID_NULL, &capitals, 1, 0, &id));
    CHECK(id == 0);
    CHECK_IS(DISP_E_MEMBERNOTFOUND, IDispatch_Invoke(manager, 99, &IID_NULL, 0, DISPATCH_METHOD, &none, &answer, NULL, NULL));
    CHECK_IS(DISP_E_MEMBERNOTFOUND, IDispatch_Invoke(manager, 0, &IID_NULL, 0, DISPATCH_PROPERTYPUT, &none, &answer, NULL, NULL));
    CHECK_IS(DISP_E_BADPARAMCOUNT, IDispatch_Invoke(manager, 1, &IID_NULL, 0, DISPATCH_METHOD, &none, &answer, NULL, NULL));
    argument = text_of(L"1");
    none.rgvarg = &argument;
    none.cArgs = 1;
    CHECK_IS(DISP_E_TYPEMISMATCH, IDispatch_Invoke(manager, 1, &IID_NULL, 0, DISPATCH_METHOD, &none, &answer, NULL, &wrong));
    CHECK(wrong == 0);
    VariantClear(&argument);
    argument = text_of(L"");
    argument.bstrVal[0] = 0;
    SysReAllocStringLen(&argument.bstrVal, L"\xd800", 1);
    CHECK_IS(E_INVALIDARG, IDispatch_Invoke(manager, 3, &IID_NULL, 0, DISPATCH_METHOD, &none, &answer, NULL, NULL));
    VariantClear(&argument);
    argument = number_of(4242);
    CHECK_IS(E_FAIL, by_name(manager, DISPATCH_METHOD, L"GetLaunchingSession", &argument, 1, &answer));
    /* More sessions than anybody needs are refused, and those that are let go make room. */
    IDispatch *many[300];
    int made = 0;
    while (made < 300 && by_name(manager, DISPATCH_METHOD, L"CreateSession", NULL, 0, &answer) == S_OK) many[made++] = answer.pdispVal;
    CHECK(made == 256);
    for (int n = 0; n < made; n++) IDispatch_Release(many[n]);
    CHECK_IS(S_OK, by_name(manager, DISPATCH_METHOD, L"CreateSession", NULL, 0, &answer));
    VariantClear(&answer);
}

/* Each of them goes to Bob and comes back. */
static void many(void) {
    enum { MANY = 10000 };
    DWORD cookie;
    IConnectionPoint *point;
    wchar_t text[32], wanted[32];
    make_known();
    point = connect(&cookie);
    for (int n = 0; n < MANY; n++) {
        HRESULT result;
        swprintf(text, 32, L"%d", n);
        while ((result = send(text)) == E_OUTOFMEMORY) Sleep(1);
        CHECK_IS(S_OK, result);
    }
    UNTIL(texts == MANY);
    swprintf(wanted, 32, L"echo:%d", MANY - 1);
    CHECK(!wcscmp(last, wanted));
    CHECK_IS(S_OK, send(L"end"));
    over(point, cookie);
    forget();
}

static void die(void) {
    DWORD cookie;
    make_known();
    connect(&cookie);
    TerminateProcess(GetCurrentProcess(), 9);
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    mode = arguments[1];
    wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    CHECK_IS(S_OK, CoInitializeEx(NULL, COINIT_MULTITHREADED));
    create();
    if (!strcmp(mode, "launched")) launched();
    else if (!strcmp(mode, "incoming") || !strcmp(mode, "die-listening")) incoming();
    else if (!strcmp(mode, "bad")) bad();
    else if (!strcmp(mode, "many")) many();
    else if (!strcmp(mode, "forget")) { make_known(); forget(); }
    else die();
    IDispatch_Release(manager);
    CoUninitialize();
    printf("PASSED late %s\n", mode);
    return 0;
}

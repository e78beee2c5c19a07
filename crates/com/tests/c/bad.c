/* What no IM program should do: objects that are no sessions, events that are none, calls inside calls and after the end. */
#include "trial.h"

static HRESULT STDMETHODCALLTYPE n_query(IUnknown *this, REFIID name, void **object) {
    *object = IsEqualIID(name, &IID_IUnknown) ? this : NULL;
    return *object ? S_OK : E_NOINTERFACE;
}
static ULONG STDMETHODCALLTYPE n_count(IUnknown *this) { (void)this; return 2; }
static IUnknownVtbl NOTHING_MORE = { n_query, n_count, n_count };
static IUnknown stranger = { &NOTHING_MORE };

static VARIANT value(VARTYPE type, void *text, LONG number) {
    VARIANT v;
    VariantInit(&v);
    v.vt = type;
    if (text) v.bstrVal = text; else v.lVal = number;
    return v;
}

static void unusable_sessions(RApplication *application) {
    Session s;
    HRESULT refusals[] = { E_FAIL, E_NOTIMPL, E_OUTOFMEMORY };
    CHECK_IS(E_INVALIDARG, application->v->SetRendezvousSession(application, NULL));
    CHECK_IS(E_INVALIDARG, application->v->SetRendezvousSession(application, &stranger));
    for (int n = 0; n < 3; n++) {
        session_init(&s, L"bob", RSF_INVITER, RSS_ACCEPTED);
        s.refuse_points = n ? refusals[n] : E_NOINTERFACE;
        CHECK_IS(E_INVALIDARG, application->v->SetRendezvousSession(application, session_unknown(&s)));
        s.refuse_points = S_OK;
        s.refuse_advise = refusals[n];
        CHECK_IS(E_INVALIDARG, application->v->SetRendezvousSession(application, session_unknown(&s)));
        s.refuse_advise = S_OK;
        s.refuse_getters = refusals[n];
        CHECK_IS(E_INVALIDARG, application->v->SetRendezvousSession(application, session_unknown(&s)));
        s.refuse_getters = S_OK;
        s.flags = n;
        if (n == 1) s.flags = RSF_INVITER | RSF_INVITEE;
        if (n == 2) s.flags = 4;
        CHECK_IS(E_INVALIDARG, application->v->SetRendezvousSession(application, session_unknown(&s)));
        UNTIL(s.listening == 0 && s.references == 1);
        session_clear(&s);
    }
}

static void bad_events(Session *s, int is_dll) {
    VARIANT two[2];
    BSTR text = SysAllocString(L"text"), half = SysAllocStringLen(L"\xd800", 1);
    DISPID number = 0;
    UINT count = 9;
    OLECHAR *known = L"oncontextdata", *unknown = L"OnAccepted";
    ITypeInfo *info = NULL;
    IDispatch *sink = s->sinks[0];
    two[0] = value(VT_I4, NULL, 1);
    CHECK_IS(DISP_E_MEMBERNOTFOUND, raise_any(s, 4, two, 1));
    CHECK_IS(DISP_E_MEMBERNOTFOUND, raise_any(s, 9, two, 1));
    CHECK_IS(DISP_E_MEMBERNOTFOUND, raise_any(s, -4, NULL, 0));
    CHECK_IS(DISP_E_BADPARAMCOUNT, raise_any(s, ON_STATE_CHANGED, NULL, 0));
    CHECK_IS(DISP_E_BADPARAMCOUNT, raise_any(s, ON_TERMINATION, two, 1));
    CHECK_IS(DISP_E_TYPEMISMATCH, raise_any(s, ON_CONTEXT_DATA, two, 1));
    two[0] = value(VT_BSTR, text, 0);
    CHECK_IS(DISP_E_TYPEMISMATCH, raise_any(s, ON_STATE_CHANGED, two, 1));
    CHECK_IS(DISP_E_TYPEMISMATCH, raise_any(s, ON_SEND_ERROR, two, 1));
    two[1] = value(VT_BSTR, text, 0);
    CHECK_IS(DISP_E_TYPEMISMATCH, raise_any(s, ON_TERMINATION, two, 2));
    CHECK_IS(DISP_E_BADPARAMCOUNT, raise_any(s, ON_CONTEXT_DATA, two, 2));
    two[0] = value(VT_BSTR, half, 0);
    CHECK_IS(E_INVALIDARG, raise_any(s, ON_CONTEXT_DATA, two, 1));
    CHECK_IS(S_OK, IDispatch_GetTypeInfoCount(sink, &count));
    CHECK(count == 0);
    CHECK(FAILED(IDispatch_GetTypeInfo(sink, 0, 0, &info)) && !info);
    CHECK_IS(S_OK, IDispatch_GetIDsOfNames(sink, &IID_NULL, &known, 1, 0, &number));
    CHECK(number == ON_CONTEXT_DATA);
    CHECK_IS(DISP_E_UNKNOWNNAME, IDispatch_GetIDsOfNames(sink, &IID_NULL, &unknown, 1, 0, &number));
    if (is_dll) {
        DISPPARAMS none = { NULL, NULL, 1, 0 };
        CHECK_IS(DISP_E_BADPARAMCOUNT, IDispatch_Invoke(sink, 7, &IID_NULL, 0, DISPATCH_METHOD, NULL, NULL, NULL, NULL));
        CHECK_IS(DISP_E_BADPARAMCOUNT, IDispatch_Invoke(sink, 7, &IID_NULL, 0, DISPATCH_METHOD, &none, NULL, NULL, NULL));
        CHECK_IS(DISP_E_UNKNOWNINTERFACE, IDispatch_Invoke(sink, 7, &IID_IDispatch, 0, DISPATCH_METHOD, &none, NULL, NULL, NULL));
        CHECK_IS(E_POINTER, IDispatch_GetTypeInfoCount(sink, NULL));
        CHECK_IS(E_POINTER, IDispatch_GetIDsOfNames(sink, &IID_NULL, NULL, 1, 0, NULL));
    }
    SysFreeString(text);
    SysFreeString(half);
}

static BSTR wait_for(Session *s, const wchar_t *wanted) {
    BSTR text = NULL;
    UNTIL((text = session_next(s)) && !wcscmp(text, wanted));
    return text;
}

/* Everything that was raised inside a call of the application's was heard, once. */
static void inside_calls(Session *s) {
    wait_for(s, L"from the first");
    s->trick = RAISE_IN_SEND;
    CHECK_IS(S_OK, raise_text(s, L"echo:one"));
    wait_for(s, L"one");
    s->trick = RAISE_IN_STATE;
    CHECK_IS(S_OK, raise_state(s, RSS_CONNECTED));
    CHECK_IS(S_OK, raise_text(s, L"count"));
    wait_for(s, L"count:3");
}

static void wrong_names(RApplication *application) {
    void *object = application;
    CHECK_IS(E_NOINTERFACE, application->v->QueryInterface(application, &IID_IDispatch, &object));
    CHECK(!object);
    CHECK_IS(E_NOINTERFACE, application->v->QueryInterface(application, &SESSION_IID, &object));
    CHECK_IS(S_OK, application->v->QueryInterface(application, &IID_IUnknown, &object));
    IUnknown_Release((IUnknown *)object);
}

static void of_a_dll(void) {
    HMODULE library = GetModuleHandleW(L"com_application_dll.dll");
    HRESULT(STDAPICALLTYPE *get)(REFCLSID, REFIID, void **) = (void *)GetProcAddress(library, "DllGetClassObject");
    static const CLSID ASK = { 0x3967BE0F, 0x1E73, 0x47AE, { 0x9A, 0x27, 0xF2, 0x3A, 0x06, 0x5A, 0xD0, 0x51 } };
    IClassFactory *factory = NULL;
    void *object = &stranger;
    CHECK(library && get);
    CHECK_IS(E_POINTER, get(&ASK, &IID_IClassFactory, NULL));
    CHECK_IS(E_POINTER, get(NULL, &IID_IClassFactory, &object));
    CHECK_IS(E_POINTER, get(&ASK, NULL, &object));
    CHECK_IS(CLASS_E_CLASSNOTAVAILABLE, get(&IID_IUnknown, &IID_IClassFactory, &object));
    CHECK_IS(E_NOINTERFACE, get(&ASK, &IID_IDispatch, &object));
    CHECK(!object);
    CHECK_IS(S_OK, get(&ASK, &IID_IClassFactory, (void **)&factory));
    CHECK_IS(CLASS_E_NOAGGREGATION, IClassFactory_CreateInstance(factory, &stranger, &IID_IUnknown, &object));
    CHECK_IS(E_POINTER, IClassFactory_CreateInstance(factory, NULL, &APPLICATION_IID, NULL));
    CHECK_IS(E_POINTER, factory->lpVtbl->CreateInstance(factory, NULL, NULL, &object));
    CHECK_IS(E_NOINTERFACE, IClassFactory_CreateInstance(factory, NULL, &IID_IDispatch, &object));
    CHECK_IS(S_OK, IClassFactory_LockServer(factory, TRUE));
    CHECK_IS(S_OK, IClassFactory_LockServer(factory, FALSE));
    CHECK_IS(E_FAIL, IClassFactory_LockServer(factory, FALSE));
    CHECK(IClassFactory_Release(factory) == 0);
}

void bad(RApplication *application, int is_dll) {
    Session s, other;
    HRESULT late;
    if (is_dll) of_a_dll();
    wrong_names(application);
    unusable_sessions(application);

    /* None of that has spoiled it. */
    session_init(&s, L"bob", RSF_INVITER, RSS_CONNECTED);
    s.trick = RAISE_IN_ADVISE;
    CHECK_IS(S_OK, application->v->SetRendezvousSession(application, session_unknown(&s)));
    session_init(&other, L"bob", RSF_INVITER, RSS_CONNECTED);
    CHECK_IS(E_FAIL, application->v->SetRendezvousSession(application, session_unknown(&other)));
    UNTIL(other.references == 1);
    inside_calls(&s);
    bad_events(&s, is_dll);

    /* After the end nothing is heard, whatever is raised and wherever the sink came from. */
    IDispatch *sink = s.sinks[0];
    IDispatch_AddRef(sink);
    CHECK_IS(S_OK, raise_end(&s, S_OK, L""));
    late = raise_text(&s, L"echo:late");
    UNTIL(s.listening == 0);
    if (late != S_OK && late != RPC_E_DISCONNECTED && late != (HRESULT)0x800706BA) fail(__FILE__, __LINE__, "a late event", late);
    CHECK_IS(E_FAIL, application->v->SetRendezvousSession(application, session_unknown(&other)));
    IDispatch_Release(sink);
    application->v->Release(application);
    UNTIL(s.references == 1 && other.references == 1);
    for (BSTR text; (text = session_next(&s));) CHECK(wcscmp(text, L"late"));
    session_clear(&s);
    session_clear(&other);
}

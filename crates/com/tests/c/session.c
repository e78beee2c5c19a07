/* The session object of an IM program. */
#include "trial.h"

const IID SESSION_IID = { 0x9BA4B1DD, 0x8B0C, 0x48B7, { 0x9E, 0x7C, 0x2F, 0x25, 0x85, 0x7C, 0x8D, 0xF5 } };
const IID APPLICATION_IID = { 0x4F4D070B, 0xA275, 0x49FB, { 0xB1, 0x0D, 0x8E, 0xC2, 0x63, 0x87, 0xB5, 0x0D } };
const IID EVENTS_IID = { 0x3FA19CF8, 0x64C4, 0x4F53, { 0xAE, 0x60, 0x63, 0x5B, 0x38, 0x06, 0xEC, 0xA6 } };

void fail(const char *file, int line, const char *what, unsigned long number) {
    printf("FAILED %s:%d: %s (0x%08lx, error %lu)\n", file, line, what, number, GetLastError());
    fflush(stdout);
    ExitProcess(1);
}

void serve_calls(void) {
    MSG message;
    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
    MsgWaitForMultipleObjects(0, NULL, FALSE, 2, QS_ALLINPUT);
}

void serve_calls_for(DWORD milliseconds) {
    DWORD begin = GetTickCount();
    while (GetTickCount() - begin < milliseconds) serve_calls();
}

static Session *of_container(IConnectionPointContainer *this) {
    return (Session *)((char *)this - offsetof(Session, container));
}
static Session *of_point(IConnectionPoint *this) {
    return (Session *)((char *)this - offsetof(Session, point));
}

static HRESULT query(Session *s, REFIID name, void **object) {
    if (!object) return E_POINTER;
    *object = NULL;
    if (IsEqualIID(name, &IID_IUnknown) || IsEqualIID(name, &SESSION_IID)) *object = &s->session;
    else if (IsEqualIID(name, &IID_IConnectionPointContainer) && s->refuse_points != E_NOINTERFACE) *object = &s->container;
    if (!*object) return E_NOINTERFACE;
    InterlockedIncrement(&s->references);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE s_query(RSession *this, REFIID name, void **object) { return query((Session *)this, name, object); }
static ULONG STDMETHODCALLTYPE s_add(RSession *this) { return InterlockedIncrement(&((Session *)this)->references); }
static ULONG STDMETHODCALLTYPE s_release(RSession *this) { return InterlockedDecrement(&((Session *)this)->references); }

static HRESULT STDMETHODCALLTYPE s_state(RSession *this, LONG *state) {
    Session *s = (Session *)this;
    if (s->trick == DIE_IN_STATE) TerminateProcess(GetCurrentProcess(), 9);
    if (s->trick == RAISE_IN_STATE) {
        s->trick = NOTHING;
        raise_text(s, L"raised inside get_State");
    }
    if (!state) return E_POINTER;
    *state = s->state;
    return s->refuse_getters;
}

static HRESULT STDMETHODCALLTYPE s_user(RSession *this, BSTR *user) {
    Session *s = (Session *)this;
    if (!user) return E_POINTER;
    *user = FAILED(s->refuse_getters) ? NULL : SysAllocString(s->user);
    return s->refuse_getters;
}

static HRESULT STDMETHODCALLTYPE s_flags(RSession *this, LONG *flags) {
    if (!flags) return E_POINTER;
    *flags = ((Session *)this)->flags;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE s_send(RSession *this, BSTR data) {
    Session *s = (Session *)this;
    if (s->trick == DIE_IN_SEND) TerminateProcess(GetCurrentProcess(), 9);
    if (s->trick == RAISE_IN_SEND) {
        s->trick = NOTHING;
        raise_text(s, L"raised inside SendContextData");
    }
    EnterCriticalSection(&s->lock);
    if (s->sent_count == s->sent_room) {
        s->sent_room = s->sent_room ? 2 * s->sent_room : 64;
        s->sent = realloc(s->sent, s->sent_room * sizeof *s->sent);
    }
    s->sent[s->sent_count] = SysAllocStringLen(data, SysStringLen(data));
    InterlockedIncrement(&s->sent_count);
    LeaveCriticalSection(&s->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE s_terminate(RSession *this, HRESULT result, BSTR data) {
    Session *s = (Session *)this;
    if (s->trick == DIE_IN_TERMINATE) TerminateProcess(GetCurrentProcess(), 9);
    if (s->terminated) return E_FAIL;
    s->result = result;
    s->data = SysAllocStringLen(data, SysStringLen(data));
    InterlockedIncrement(&s->terminated);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE c_query(IConnectionPointContainer *this, REFIID name, void **object) { return query(of_container(this), name, object); }
static ULONG STDMETHODCALLTYPE c_add(IConnectionPointContainer *this) { return InterlockedIncrement(&of_container(this)->references); }
static ULONG STDMETHODCALLTYPE c_release(IConnectionPointContainer *this) { return InterlockedDecrement(&of_container(this)->references); }
static HRESULT STDMETHODCALLTYPE c_list(IConnectionPointContainer *this, IEnumConnectionPoints **list) { (void)this; *list = NULL; return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE c_find(IConnectionPointContainer *this, REFIID name, IConnectionPoint **point) {
    Session *s = of_container(this);
    if (!point) return E_POINTER;
    *point = NULL;
    if (FAILED(s->refuse_points)) return s->refuse_points;
    if (!IsEqualIID(name, &EVENTS_IID)) return CONNECT_E_NOCONNECTION;
    InterlockedIncrement(&s->references);
    *point = &s->point;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE p_query(IConnectionPoint *this, REFIID name, void **object) {
    if (!object) return E_POINTER;
    *object = NULL;
    if (!IsEqualIID(name, &IID_IUnknown) && !IsEqualIID(name, &IID_IConnectionPoint)) return E_NOINTERFACE;
    InterlockedIncrement(&of_point(this)->references);
    *object = this;
    return S_OK;
}
static ULONG STDMETHODCALLTYPE p_add(IConnectionPoint *this) { return InterlockedIncrement(&of_point(this)->references); }
static ULONG STDMETHODCALLTYPE p_release(IConnectionPoint *this) { return InterlockedDecrement(&of_point(this)->references); }
static HRESULT STDMETHODCALLTYPE p_interface(IConnectionPoint *this, IID *name) { (void)this; *name = EVENTS_IID; return S_OK; }
static HRESULT STDMETHODCALLTYPE p_container(IConnectionPoint *this, IConnectionPointContainer **container) {
    InterlockedIncrement(&of_point(this)->references);
    *container = &of_point(this)->container;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE p_advise(IConnectionPoint *this, IUnknown *sink, DWORD *cookie) {
    Session *s = of_point(this);
    IDispatch *dispatch = NULL;
    *cookie = 0;
    if (FAILED(s->refuse_advise)) return s->refuse_advise;
    /* As the published sample does it: by the name of the events, and nothing else. */
    if (FAILED(IUnknown_QueryInterface(sink, &EVENTS_IID, (void **)&dispatch))) return CONNECT_E_CANNOTCONNECT;
    EnterCriticalSection(&s->lock);
    for (DWORD place = 0; place < 4 && !*cookie; place++) {
        if (!s->sinks[place]) {
            s->sinks[place] = dispatch;
            *cookie = place + 1;
        }
    }
    LeaveCriticalSection(&s->lock);
    if (!*cookie) {
        IDispatch_Release(dispatch);
        return CONNECT_E_ADVISELIMIT;
    }
    InterlockedIncrement(&s->listening);
    if (s->trick == RAISE_IN_ADVISE) {
        s->trick = NOTHING;
        raise_text(s, L"raised inside Advise");
    }
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE p_unadvise(IConnectionPoint *this, DWORD cookie) {
    Session *s = of_point(this);
    IDispatch *sink = NULL;
    if (cookie >= 1 && cookie <= 4) {
        EnterCriticalSection(&s->lock);
        sink = s->sinks[cookie - 1];
        s->sinks[cookie - 1] = NULL;
        LeaveCriticalSection(&s->lock);
    }
    if (!sink) return CONNECT_E_NOCONNECTION;
    IDispatch_Release(sink);
    InterlockedDecrement(&s->listening);
    return S_OK;
}
static HRESULT STDMETHODCALLTYPE p_list(IConnectionPoint *this, IEnumConnections **list) { (void)this; *list = NULL; return E_NOTIMPL; }

static const RSessionVtbl SESSION = { s_query, s_add, s_release, s_state, s_user, s_flags, s_send, s_terminate };
static IConnectionPointContainerVtbl CONTAINER = { c_query, c_add, c_release, c_list, c_find };
static IConnectionPointVtbl AT_POINT = { p_query, p_add, p_release, p_interface, p_container, p_advise, p_unadvise, p_list };

void session_init(Session *s, const wchar_t *user, LONG flags, LONG state) {
    memset(s, 0, sizeof *s);
    s->session.v = &SESSION;
    s->container.lpVtbl = &CONTAINER;
    s->point.lpVtbl = &AT_POINT;
    s->references = 1;
    s->user = user;
    s->flags = flags;
    s->state = state;
    InitializeCriticalSection(&s->lock);
}

void session_clear(Session *s) {
    for (LONG n = 0; n < s->sent_count; n++) SysFreeString(s->sent[n]);
    free(s->sent);
    SysFreeString(s->data);
    DeleteCriticalSection(&s->lock);
}

IUnknown *session_unknown(Session *s) { return (IUnknown *)&s->session; }

BSTR session_next(Session *s) {
    BSTR next = NULL;
    EnterCriticalSection(&s->lock);
    if (s->read < s->sent_count) next = s->sent[s->read++];
    LeaveCriticalSection(&s->lock);
    return next;
}

void session_forget(Session *s) {
    EnterCriticalSection(&s->lock);
    for (LONG n = 0; n < s->read; n++) SysFreeString(s->sent[n]);
    s->sent_count -= s->read;
    memmove(s->sent, s->sent + s->read, (size_t)s->sent_count * sizeof *s->sent);
    s->read = 0;
    LeaveCriticalSection(&s->lock);
}

HRESULT raise_any(Session *s, DISPID member, VARIANT *reversed, UINT count) {
    HRESULT last = S_OK;
    for (int place = 0; place < 4; place++) {
        IDispatch *sink;
        EnterCriticalSection(&s->lock);
        sink = s->sinks[place];
        if (sink) IDispatch_AddRef(sink);
        LeaveCriticalSection(&s->lock);
        if (sink) {
            DISPPARAMS parameters = { reversed, NULL, count, 0 };
            HRESULT result = IDispatch_Invoke(sink, member, &IID_NULL, 0, DISPATCH_METHOD, &parameters, NULL, NULL, NULL);
            if (FAILED(result)) last = result;
            IDispatch_Release(sink);
        }
    }
    return last;
}

static VARIANT number(LONG value) {
    VARIANT v;
    VariantInit(&v);
    v.vt = VT_I4;
    v.lVal = value;
    return v;
}

HRESULT raise_state(Session *s, LONG next) {
    VARIANT previous = number(s->state);
    s->state = next;
    return raise_any(s, ON_STATE_CHANGED, &previous, 1);
}

HRESULT raise_units(Session *s, const wchar_t *units, UINT count) {
    VARIANT text;
    HRESULT result;
    VariantInit(&text);
    text.vt = VT_BSTR;
    text.bstrVal = SysAllocStringLen(units, count);
    result = raise_any(s, ON_CONTEXT_DATA, &text, 1);
    VariantClear(&text);
    return result;
}

HRESULT raise_text(Session *s, const wchar_t *text) { return raise_units(s, text, (UINT)wcslen(text)); }

HRESULT raise_end(Session *s, HRESULT result, const wchar_t *data) {
    VARIANT reversed[2];
    HRESULT raised;
    VariantInit(&reversed[0]);
    reversed[0].vt = VT_BSTR;
    reversed[0].bstrVal = SysAllocString(data);
    reversed[1] = number(result);
    raised = raise_any(s, ON_TERMINATION, reversed, 2);
    VariantClear(&reversed[0]);
    return raised;
}

HRESULT raise_error(Session *s, HRESULT result) {
    VARIANT code = number(result);
    return raise_any(s, ON_SEND_ERROR, &code, 1);
}

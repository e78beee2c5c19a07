/* The published interfaces, written from the published layout alone: nothing of the project's own code is used here. */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#define COBJMACROS
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <objbase.h>
#include <oleauto.h>
#include <ocidl.h>
#include <olectl.h>

enum { RSS_UNKNOWN, RSS_READY, RSS_INVITATION, RSS_ACCEPTED, RSS_CONNECTED, RSS_CANCELLED, RSS_DECLINED, RSS_TERMINATED };
enum { RSF_INVITER = 1, RSF_INVITEE = 2 };
enum { ON_STATE_CHANGED = 5, ON_TERMINATION = 6, ON_CONTEXT_DATA = 7, ON_SEND_ERROR = 8 };

extern const IID SESSION_IID, APPLICATION_IID, EVENTS_IID;

typedef struct RSession RSession;
typedef struct {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(RSession *, REFIID, void **);
    ULONG(STDMETHODCALLTYPE *AddRef)(RSession *);
    ULONG(STDMETHODCALLTYPE *Release)(RSession *);
    HRESULT(STDMETHODCALLTYPE *get_State)(RSession *, LONG *);
    HRESULT(STDMETHODCALLTYPE *get_RemoteUser)(RSession *, BSTR *);
    HRESULT(STDMETHODCALLTYPE *get_Flags)(RSession *, LONG *);
    HRESULT(STDMETHODCALLTYPE *SendContextData)(RSession *, BSTR);
    HRESULT(STDMETHODCALLTYPE *Terminate)(RSession *, HRESULT, BSTR);
} RSessionVtbl;
struct RSession {
    const RSessionVtbl *v;
};

typedef struct RApplication RApplication;
typedef struct {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(RApplication *, REFIID, void **);
    ULONG(STDMETHODCALLTYPE *AddRef)(RApplication *);
    ULONG(STDMETHODCALLTYPE *Release)(RApplication *);
    HRESULT(STDMETHODCALLTYPE *SetRendezvousSession)(RApplication *, IUnknown *);
} RApplicationVtbl;
struct RApplication {
    const RApplicationVtbl *v;
};

#endif

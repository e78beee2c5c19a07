/*
 * A program of Windows with one window, which knows nothing of ours. It shows colours where it is told to, and says, line by line,
 * what mouse and keyboard do to it. What comes in with our mark ends in "marked".
 */
#define UNICODE
#include <windows.h>
#include <stdio.h>

#define MARK 0x52445655
#define FILL (WM_APP + 1)
#define END (WM_APP + 2)
#define CAPS (WM_APP + 3)

static HBITMAP shown;
static HDC shown_dc;
static int width, height;

static void say(const char *what, long a, long b)
{
    printf("%s %ld %ld%s\n", what, a, b, GetMessageExtraInfo() == MARK ? " marked" : "");
    fflush(stdout);
}

/* Which key, by its place. */
static long place(LPARAM l)
{
    return (l >> 16 & 0xff) | (l & 1 << 24 ? 0xe000 : 0);
}

static LRESULT CALLBACK heard(HWND window, UINT message, WPARAM w, LPARAM l)
{
    PAINTSTRUCT paint;
    long x = (short)LOWORD(l), y = (short)HIWORD(l);
    switch (message) {
    case WM_PAINT:
        BeginPaint(window, &paint);
        BitBlt(paint.hdc, 0, 0, width, height, shown_dc, 0, 0, SRCCOPY);
        EndPaint(window, &paint);
        return 0;
    case FILL: {
        RECT *fill = (RECT *)l;
        HBRUSH brush = CreateSolidBrush(RGB(w >> 16 & 255, w >> 8 & 255, w & 255));
        FillRect(shown_dc, fill, brush);
        DeleteObject(brush);
        free(fill);
        InvalidateRect(window, NULL, FALSE);
        UpdateWindow(window);
        GdiFlush();
        printf("filled\n");
        fflush(stdout);
        return 0;
    }
    case CAPS:
        printf("caps %d\n", GetKeyState(VK_CAPITAL) & 1);
        fflush(stdout);
        return 0;
    case WM_KEYDOWN:
    case WM_SYSKEYDOWN:
        say(l & 1 << 30 ? "again" : "down", place(l), (long)w);
        return 0;
    case WM_KEYUP:
    case WM_SYSKEYUP:
        say("up", place(l), (long)w);
        return 0;
    case WM_CHAR:
        say("char", (long)w, 0);
        return 0;
    case WM_SYSCHAR:
        say("syschar", (long)w, 0);
        return 0;
    case WM_MOUSEMOVE: say("at", x, y); return 0;
    case WM_LBUTTONDOWN: say("left down", x, y); return 0;
    case WM_LBUTTONUP: say("left up", x, y); return 0;
    case WM_MBUTTONDOWN: say("middle down", x, y); return 0;
    case WM_MBUTTONUP: say("middle up", x, y); return 0;
    case WM_RBUTTONDOWN: say("right down", x, y); return 0;
    case WM_RBUTTONUP: say("right up", x, y); return 0;
    case WM_XBUTTONDOWN: say(HIWORD(w) == 1 ? "back down" : "forward down", x, y); return TRUE;
    case WM_XBUTTONUP: say(HIWORD(w) == 1 ? "back up" : "forward up", x, y); return TRUE;
    case WM_MOUSEWHEEL: say("wheel", (short)HIWORD(w), 0); return 0;
    case WM_MOUSEHWHEEL: say("sideways", (short)HIWORD(w), 0); return 0;
    case END:
        DestroyWindow(window);
        return 0;
    case WM_DESTROY:
        PostQuitMessage(0);
        return 0;
    }
    return DefWindowProc(window, message, w, l);
}

/* Reads what to do: "fill X Y WIDTH HEIGHT RRGGBB", "caps". Ends with its input. */
static DWORD WINAPI obey(void *argument)
{
    HWND window = argument;
    char line[128];
    int x, y, w, h;
    unsigned colour;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "fill %d %d %d %d %x", &x, &y, &w, &h, &colour) == 5) {
            RECT *fill = malloc(sizeof *fill);
            SetRect(fill, x, y, x + w, y + h);
            SendMessage(window, FILL, colour, (LPARAM)fill);
        } else if (!strncmp(line, "caps", 4)) {
            SendMessage(window, CAPS, 0, 0);
        }
    }
    SendMessage(window, END, 0, 0);
    return 0;
}

int main(void)
{
    WNDCLASS class;
    HINSTANCE program = GetModuleHandle(NULL);
    HWND window;
    HDC screen;
    MSG message;
    width = GetSystemMetrics(SM_CXSCREEN);
    height = GetSystemMetrics(SM_CYSCREEN);
    screen = GetDC(NULL);
    shown_dc = CreateCompatibleDC(screen);
    shown = CreateCompatibleBitmap(screen, width, height);
    SelectObject(shown_dc, shown);
    PatBlt(shown_dc, 0, 0, width, height, WHITENESS);
    ReleaseDC(NULL, screen);
    memset(&class, 0, sizeof class);
    class.lpfnWndProc = heard;
    class.hInstance = program;
    class.hCursor = LoadCursor(NULL, IDC_ARROW);
    class.lpszClassName = L"trial";
    RegisterClass(&class);
    window = CreateWindowEx(WS_EX_TOPMOST, L"trial", L"trial", WS_POPUP, 0, 0, width, height, NULL, NULL, program, NULL);
    ShowWindow(window, SW_SHOW);
    SetForegroundWindow(window);
    SetFocus(window);
    UpdateWindow(window);
    CloseHandle(CreateThread(NULL, 0, obey, window, 0, NULL));
    printf("ready %d %d\n", width, height);
    fflush(stdout);
    while (GetMessage(&message, NULL, 0, 0) > 0) {
        TranslateMessage(&message);
        DispatchMessage(&message);
    }
    return 0;
}

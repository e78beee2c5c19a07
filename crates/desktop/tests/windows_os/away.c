/*
 * Puts another desktop in front, as the lock and the secure desktop of Windows are, says "away", and puts the first one back
 * when its input ends.
 */
#define UNICODE
#include <windows.h>
#include <stdio.h>

int main(void)
{
    HDESK here = GetThreadDesktop(GetCurrentThreadId());
    HDESK other = CreateDesktop(L"other", NULL, NULL, 0, GENERIC_ALL, NULL);
    if (!other || !SwitchDesktop(other)) {
        printf("failed %lu\n", GetLastError());
        return 1;
    }
    printf("away\n");
    fflush(stdout);
    while (getchar() != EOF) {}
    if (!SwitchDesktop(here)) {
        printf("failed %lu\n", GetLastError());
        return 1;
    }
    CloseDesktop(other);
    return 0;
}

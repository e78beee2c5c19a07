/* What a process holds, to see whether it grows. */
#ifndef WEIGH_H
#define WEIGH_H

#define PSAPI_VERSION 2
#include <psapi.h>

typedef struct {
    DWORD handles;
    SIZE_T bytes;
} Weight;

static inline Weight weigh(HANDLE process) {
    PROCESS_MEMORY_COUNTERS_EX memory = { .cb = sizeof memory };
    Weight weight = { 0, 0 };
    GetProcessHandleCount(process, &weight.handles);
    if (GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&memory, sizeof memory)) weight.bytes = memory.WorkingSetSize;
    return weight;
}

/* Twenty thousand texts of a few bytes are under way in between. One handle or 200 bytes for each would be far more. */
static inline int has_grown(Weight before, Weight after) {
    return !before.handles || !before.bytes || after.handles > before.handles + 32 || after.bytes > before.bytes + (4 << 20);
}

#endif

/* NVIDIA's driver, and NVML, for a machine without a GPU: one card of Hopper's kind.

   The environment variable PRETENDED_FREE is how many bytes of the card's memory are free. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACE "0000:41:00.0"
#define NAME "Pretended GPU"

int cuInit(unsigned flags) { return 0; }
int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return 0; }
int cuDeviceGetName(char *name, int size, int device) { snprintf(name, size, NAME); return 0; }
int cuDeviceGetPCIBusId(char *place, int size, int device)
{
    snprintf(place, size, PLACE);
    return 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    *value = attribute == 75 ? 9 : 0;  /* compute capability 9.0 */
    return 0;
}
int cuGetErrorString(int error, const char **text) { *text = "pretended error"; return 0; }

typedef struct { unsigned long long total, free, used; } memory;

int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return 0; }
int nvmlDeviceGetHandleByPciBusId_v2(const char *place, void **device)
{
    *device = (void *)1;
    return strcmp(place, PLACE) ? 6 : 0;  /* NVML_ERROR_NOT_FOUND */
}
int nvmlDeviceGetMemoryInfo(void *device, memory *info)
{
    const char *free = getenv("PRETENDED_FREE");
    info->total = 100ull << 30;
    info->free = free ? strtoull(free, 0, 10) : info->total;
    info->used = info->total - info->free;
    return 0;
}
int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
    snprintf(name, size, NAME);
    return 0;
}
int nvmlSystemGetDriverVersion(char *version, unsigned size)
{
    snprintf(version, size, "580.65.06");
    return 0;
}

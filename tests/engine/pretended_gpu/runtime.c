/* CUDA's runtime and cuBLAS for a machine without a GPU: they compute nothing, and count.

   The memory of the device is that of the CPU. Kernels are not run, so that all results are zeros.
   What is called how often is what a test asks for. Where a function isn't defined here, the
   test's build adds one that does nothing and returns 0, which is success.

   Offsets of cudaDeviceProp are those of CUDA 13 (driver_types.h). */

#include <stdlib.h>
#include <string.h>

/* What is counted, by these numbers: see COUNTS in machine.py. */
enum { LAUNCHES, CAPTURES, REPLAYS, ALLOCATIONS, TO_DEVICE, TO_HOST, HOST_BYTES, KINDS };
static long counts[KINDS];
static int capturing;

long pretended_count(int kind) { return counts[kind]; }

static int make(void **handle) { *handle = malloc(8); return 0; }
static void put(char *at, int offset, size_t value) { memcpy(at + offset, &value, sizeof value); }
static void put_int(char *at, int offset, int value) { memcpy(at + offset, &value, sizeof value); }

/* The device: one with Hopper's sizes. */

int cudaGetDeviceCount(int *count) { *count = 1; return 0; }
int cudaGetDevice(int *device) { *device = 0; return 0; }
int cudaDriverGetVersion(int *version) { *version = 13000; return 0; }
int cudaRuntimeGetVersion(int *version) { *version = 13000; return 0; }
const char *cudaGetErrorString(int error) { return error ? "pretended error" : "no error"; }
const char *cudaGetErrorName(int error) { return error ? "pretendedError" : "cudaSuccess"; }
int cudaMemGetInfo(size_t *free, size_t *total) { *free = *total = (size_t)100 << 30; return 0; }

int cudaGetDeviceProperties(void *properties, int device)
{
    char *at = properties;
    memset(at, 0, 1008);
    strcpy(at, "pretended GPU");
    put(at, 288, (size_t)100 << 30);   /* totalGlobalMem */
    put(at, 296, 49152);               /* sharedMemPerBlock */
    put_int(at, 304, 65536);           /* regsPerBlock */
    put_int(at, 308, 32);              /* warpSize */
    put_int(at, 320, 1024);            /* maxThreadsPerBlock */
    for (int axis = 0; axis < 3; axis++) {
        put_int(at, 324 + 4 * axis, 1024);   /* maxThreadsDim */
        put_int(at, 336 + 4 * axis, 65535);  /* maxGridSize */
    }
    put_int(at, 360, 9);               /* major */
    put_int(at, 384, 132);             /* multiProcessorCount */
    put(at, 672, 232448);              /* sharedMemPerBlockOptin */
    return 0;
}

int cudaDeviceGetAttribute(int *value, int attribute, int device)
{
    /* Compute capability, multiprocessors, and shared memory of a block and a multiprocessor. */
    *value = attribute == 75 ? 9 : attribute == 76 ? 0 : attribute == 16 ? 132
        : attribute == 97 || attribute == 81 ? 232448 : 1;
    return 0;
}

/* Memory. */

int cudaMalloc(void **pointer, size_t size)
{
    counts[ALLOCATIONS]++;
    *pointer = aligned_alloc(256, (size + 255) & ~(size_t)255);
    if (*pointer)
        memset(*pointer, 0, size);
    return *pointer ? 0 : 2;  /* cudaErrorMemoryAllocation */
}
int cudaMallocHost(void **pointer, size_t size) { return cudaMalloc(pointer, size); }
int cudaHostAlloc(void **pointer, size_t size, unsigned flags) { return cudaMalloc(pointer, size); }
int cudaFree(void *pointer) { free(pointer); return 0; }
int cudaFreeHost(void *pointer) { free(pointer); return 0; }
int cudaMemset(void *at, int value, size_t size) { memset(at, value, size); return 0; }
int cudaMemsetAsync(void *at, int value, size_t size, void *stream)
{
    return cudaMemset(at, value, size);
}

int cudaMemcpy(void *to, const void *from, size_t size, int kind)
{
    if (kind == 1)
        counts[TO_DEVICE]++;
    if (kind == 2) {
        counts[TO_HOST]++;
        counts[HOST_BYTES] += size;
    }
    memmove(to, from, size);
    return 0;
}
int cudaMemcpyAsync(void *to, const void *from, size_t size, int kind, void *stream)
{
    return cudaMemcpy(to, from, size, kind);
}

int cudaPointerGetAttributes(int *attributes, const void *pointer)
{
    attributes[0] = 2;  /* cudaMemoryTypeDevice */
    attributes[1] = 0;
    memcpy(attributes + 2, &pointer, sizeof pointer);
    memcpy(attributes + 4, &pointer, sizeof pointer);
    return 0;
}

/* Streams, events, graphs and kernels. */

int cudaStreamCreate(void **stream) { return make(stream); }
int cudaStreamCreateWithFlags(void **stream, unsigned flags) { return make(stream); }
int cudaEventCreate(void **event) { return make(event); }
int cudaEventCreateWithFlags(void **event, unsigned flags) { return make(event); }
int cudaEventElapsedTime(float *time, void *start, void *end) { *time = 0; return 0; }
int cudaStreamIsCapturing(void *stream, int *status) { *status = capturing; return 0; }
int cudaStreamBeginCapture(void *stream, int mode)
{
    counts[CAPTURES]++;
    capturing = 1;
    return 0;
}
int cudaStreamEndCapture(void *stream, void **graph) { capturing = 0; return make(graph); }
int cudaGraphInstantiate(void **graph, void *captured, unsigned long long flags)
{
    return make(graph);
}
int cudaGraphLaunch(void *graph, void *stream) { counts[REPLAYS]++; return 0; }
int __cudaGetKernel(void **kernel, const void *function) { *kernel = (void *)function; return 0; }
int __cudaLaunchKernel() { counts[LAUNCHES]++; return 0; }
int cudaLaunchKernel() { counts[LAUNCHES]++; return 0; }
int cudaLaunchKernelExC() { counts[LAUNCHES]++; return 0; }
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks) { *blocks = 2; return 0; }
int cudaFuncGetAttributes(void *attributes, const void *function)
{
    memset(attributes, 0, 144);
    put_int(attributes, 24, 1024);  /* maxThreadsPerBlock */
    put_int(attributes, 28, 32);    /* numRegs */
    return 0;
}
void **__cudaRegisterFatBinary(void *binary)
{
    void *handle;
    make(&handle);
    return handle;
}

/* cuBLAS. */

int cublasCreate_v2(void **handle) { return make(handle); }
int cublasLtCreate(void **handle) { return make(handle); }
int cublasGetMathMode(void *handle, int *mode) { *mode = 0; return 0; }
int cublasLtMatmulDescCreate(void **description) { return make(description); }
int cublasLtMatrixLayoutCreate(void **layout) { return make(layout); }
int cublasLtMatmulPreferenceCreate(void **preference) { return make(preference); }

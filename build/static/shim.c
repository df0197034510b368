/* What PyInstaller's bootloader needs to run with a Python that is linked in, instead of one unpacked beside it.
 *
 * 1. "Opening" libpython succeeds, and its functions are those of this very program: names.h, made from the bootloader's own list.
 * 2. Nothing has to be found by the dynamic linker, so the bootloader need not start itself again with LD_LIBRARY_PATH set: it is
 *    told that this has happened. It leaves no variables of its own to the programs that the agent starts, and takes none. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pyi_global.h"
#include "pyi_main.h"
#include "pyi_utils.h"
#include "shim.h"

#define NAME(name) extern void name(void);
#include "names.h"
#undef NAME

static const struct {
    const char *name;
    void (*function)(void);
} linked[] = {
#define NAME(name) {#name, name},
#include "names.h"
#undef NAME
};

static char missing[] = "it is not linked in";

void *
shim_open(const char *path, int flags)
{
    (void)flags;
    return strstr(path, "libpython") ? (void *)linked : NULL;
}

void *
shim_symbol(void *handle, const char *name)
{
    size_t place;

    (void)handle;
    for (place = 0; place < sizeof(linked) / sizeof(linked[0]); place++) {
        if (strcmp(linked[place].name, name) == 0) {
            return (void *)linked[place].function;
        }
    }
    return NULL;
}

int
shim_close(void *handle)
{
    (void)handle;
    return 0;
}

char *
shim_error(void)
{
    return missing;
}

char *
shim_getenv(const char *name)
{
    char level[8];

    if (strcmp(name, "_PYI_ARCHIVE_FILE") == 0) {
        return strdup(global_pyi_ctx->archive_filename);
    }
    if (strcmp(name, "_PYI_PARENT_PROCESS_LEVEL") == 0) {
        snprintf(level, sizeof(level), "%d", PYI_PROCESS_LEVEL_PARENT_NEEDS_RESTART);
        return strdup(level);
    }
    if (strncmp(name, "_PYI_", 5) == 0 || strncmp(name, "PYINSTALLER_", 12) == 0) {
        return NULL;
    }
    return pyi_getenv(name);
}

int
shim_setenv(const char *name, const char *value)
{
    (void)name;
    (void)value;
    return 0;
}

int
shim_unsetenv(const char *name)
{
    (void)name;
    return 0;
}

#if __SIZEOF_POINTER__ == 4
/* The compiler's library has the atomic operations of these machines, but not this question about them. */
_Bool shim_is_lock_free(size_t size, const volatile void *place) __asm__("__atomic_is_lock_free");

__attribute__((weak)) _Bool
shim_is_lock_free(size_t size, const volatile void *place)
{
    (void)place;
    return size <= sizeof(void *);
}
#endif

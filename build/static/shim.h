/* Included before every file of PyInstaller's bootloader (-include): its calls to the dynamic linker go to shim.c, where they
 * find the Python that is linked in. In pyi_main.c (SHIM_MAIN) its own environment variables do so too. */
#ifndef EDGE_SHIM_H
#define EDGE_SHIM_H

#include <dlfcn.h>

void *shim_open(const char *path, int flags);
void *shim_symbol(void *handle, const char *name);
int shim_close(void *handle);
char *shim_error(void);

#ifndef SHIM_ITSELF
#define dlopen shim_open
#define dlsym shim_symbol
#define dlclose shim_close
#define dlerror shim_error
#endif

#ifdef SHIM_MAIN
#define pyi_getenv shim_getenv
#define pyi_setenv shim_setenv
#define pyi_unsetenv shim_unsetenv
#endif

#endif

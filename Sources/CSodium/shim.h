#ifndef SEALANE_CSODIUM_SHIM_H
#define SEALANE_CSODIUM_SHIM_H

#include <sodium.h>

#endif

// The client half of the Virtual Device Interface as SQL Server on Linux publishes it: the structures, the numbers and
// the two classes, declared anew from their documented layout and symbol names.
//
// The classes have no virtual functions and one private pointer each, so that a program compiled against Microsoft's
// header and this library agree on every byte.

#pragma once

#include <cstdint>
#include <ctime>

#define SLUICE_VDI_EXPORT __attribute__((visibility("default")))

struct VDConfig {
    uint32_t deviceCount;
    uint32_t features;
    uint32_t prefixZoneSize;
    uint32_t alignment;
    uint32_t softFileMarkBlockSize;
    uint32_t EOMWarningSize;
    uint32_t serverTimeOut;
    uint32_t blockSize;
    uint32_t maxIODepth;
    uint32_t maxTransferSize;
    uint32_t bufferAreaSize;
};

struct VDC_Command {
    int32_t commandCode;
    int32_t size;
    int64_t position;
    uint8_t *buffer;
};

static_assert(sizeof(VDConfig) == 44 && sizeof(VDC_Command) == 24, "layout of the published headers");

enum : uint32_t {
    VDF_Removable = 0x1,
    VDF_Discard = 0x80,
    VDF_RandomAccess = 0x200,
    VDF_SnapshotPrepare = 0x400,
    VDF_EnumFrozenFiles = 0x800,
    VDF_VSSWriter = 0x1000,
    VDF_RequestComplete = 0x2000,
    VDF_WriteMedia = 0x10000,
    VDF_ReadMedia = 0x20000,
    VDF_CompleteEnabled = 0x40000,
    VDF_LatchStats = 0x80000000,
    VDF_LikePipe = 0,
    VDF_LikeTape = 0x173,
    VDF_LikeDisk = VDF_RandomAccess,
};

enum : int32_t { VDC_Read = 1, VDC_Write = 2, VDC_ClearError = 3, VDC_Flush = 12, VDC_Complete = 19 };

enum : int32_t {
    VD_NOERROR = 0,
    VD_E_NOTOPEN = int32_t(0x80770002),
    VD_E_TIMEOUT = int32_t(0x80770003),
    VD_E_ABORT = int32_t(0x80770004),
    VD_E_INVALID = int32_t(0x80770006),
    VD_E_NOTSUPPORTED = int32_t(0x80770009),
    VD_E_MEMORY = int32_t(0x8077000A),
    VD_E_UNEXPECTED = int32_t(0x8077000B),
    VD_E_PROTOCOL = int32_t(0x8077000C),
    VD_E_OPEN = int32_t(0x8077000D),
    VD_E_CLOSE = int32_t(0x8077000E),
};

class SLUICE_VDI_EXPORT ClientVirtualDevice {
public:
    ClientVirtualDevice();
    ~ClientVirtualDevice();
    int GetCommand(time_t timeout, VDC_Command **command);
    int CompleteCommand(VDC_Command *command, int completionCode, unsigned long bytesTransferred, int64_t position);

private:
    friend class ClientVirtualDeviceSet;
    void *device;
};

class SLUICE_VDI_EXPORT ClientVirtualDeviceSet {
public:
    ClientVirtualDeviceSet();
    ~ClientVirtualDeviceSet();
    int Create(char *name, VDConfig *config);
    int GetConfiguration(time_t timeout, VDConfig *config);
    int OpenDevice(char *name, ClientVirtualDevice **device);
    int Close();
    int SignalAbort();
    int OpenInSecondary(char *setName);
    int GetBufferHandle(uint8_t *buffer, unsigned int *handle);
    int MapBufferHandle(int handle, uint8_t **buffer);
    void RegisterDeviceClosed();

private:
    void *set;
};

static_assert(sizeof(ClientVirtualDeviceSet) == 8 && sizeof(ClientVirtualDevice) == 8, "one pointer each");

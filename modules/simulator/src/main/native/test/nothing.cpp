// A libsqlvdi.so with nothing behind it: every GetCommand gives the same Write at once. What a client costs over this
// library is the client's own cost.

#include "vdi.h"

namespace {

uint8_t buffer[1 << 20];
VDC_Command command = {VDC_Write, sizeof buffer, 0, buffer};
ClientVirtualDevice &device() {
    static ClientVirtualDevice only;
    return only;
}

} // namespace

ClientVirtualDeviceSet::ClientVirtualDeviceSet() : set(nullptr) {}
ClientVirtualDeviceSet::~ClientVirtualDeviceSet() {}
int ClientVirtualDeviceSet::Create(char *, VDConfig *) { return VD_NOERROR; }
int ClientVirtualDeviceSet::GetConfiguration(time_t, VDConfig *) { return VD_NOERROR; }
int ClientVirtualDeviceSet::OpenDevice(char *, ClientVirtualDevice **opened) {
    *opened = &device();
    return VD_NOERROR;
}
int ClientVirtualDeviceSet::Close() { return VD_NOERROR; }
int ClientVirtualDeviceSet::SignalAbort() { return VD_NOERROR; }
int ClientVirtualDeviceSet::OpenInSecondary(char *) { return VD_E_PROTOCOL; }
int ClientVirtualDeviceSet::GetBufferHandle(uint8_t *, unsigned int *) { return VD_E_INVALID; }
int ClientVirtualDeviceSet::MapBufferHandle(int, uint8_t **) { return VD_E_INVALID; }
void ClientVirtualDeviceSet::RegisterDeviceClosed() {}

ClientVirtualDevice::ClientVirtualDevice() : device(nullptr) {}
ClientVirtualDevice::~ClientVirtualDevice() {}
int ClientVirtualDevice::GetCommand(time_t, VDC_Command **given) {
    *given = &command;
    return VD_NOERROR;
}
int ClientVirtualDevice::CompleteCommand(VDC_Command *, int, unsigned long, int64_t) { return VD_NOERROR; }

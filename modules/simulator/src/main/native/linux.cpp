// The classes of the published Linux header.

#include "client.h"

#include <cstdlib>
#include <cstring>

namespace {

// Whether time-outs are milliseconds or seconds is disputed: the documentation says the one, Microsoft's sample the other.
// So SLUICE_VDI_TIMEOUT_UNIT=s makes them seconds.
int64_t millis(time_t timeout) {
    const char *unit = getenv("SLUICE_VDI_TIMEOUT_UNIT");
    bool seconds = unit != nullptr && strcmp(unit, "s") == 0;
    return timeout > 0 && seconds ? int64_t(timeout) * 1000 : timeout;
}

// The devices live as long as the set's object, so that a pointer kept beyond Close gets an answer.
struct LinuxSet {
    sluice::Client client;
    std::mutex guard;
    std::vector<std::unique_ptr<ClientVirtualDevice>> devices;
};

struct LinuxDevice {
    std::shared_ptr<sluice::Device> device;
};

LinuxSet &of(void *set) { return *static_cast<LinuxSet *>(set); }

sluice::Device *deviceOf(void *device) { return static_cast<LinuxDevice *>(device)->device.get(); }

} // namespace

ClientVirtualDevice::ClientVirtualDevice() : device(new LinuxDevice) {}

ClientVirtualDevice::~ClientVirtualDevice() { delete static_cast<LinuxDevice *>(device); }

int ClientVirtualDevice::GetCommand(time_t timeout, VDC_Command **command) {
    if (command == nullptr) {
        return VD_E_INVALID;
    }
    *command = nullptr;
    sluice::Device *open = deviceOf(device);
    return open != nullptr ? open->getCommand(millis(timeout), command) : VD_E_PROTOCOL;
}

int ClientVirtualDevice::CompleteCommand(VDC_Command *command, int completionCode, unsigned long bytesTransferred,
                                         int64_t position) {
    sluice::Device *open = deviceOf(device);
    return open != nullptr ? open->completeCommand(command, completionCode, bytesTransferred, position) : VD_E_PROTOCOL;
}

ClientVirtualDeviceSet::ClientVirtualDeviceSet() : set(new LinuxSet) {}

ClientVirtualDeviceSet::~ClientVirtualDeviceSet() { delete &of(set); }

int ClientVirtualDeviceSet::Create(char *name, VDConfig *config) {
    return name == nullptr ? VD_E_INVALID : of(set).client.create("", name, config);
}

int ClientVirtualDeviceSet::GetConfiguration(time_t timeout, VDConfig *config) {
    return of(set).client.getConfiguration(millis(timeout), config);
}

int ClientVirtualDeviceSet::OpenDevice(char *name, ClientVirtualDevice **device) {
    if (device == nullptr) {
        return VD_E_INVALID;
    }
    *device = nullptr;
    std::shared_ptr<sluice::Device> opened;
    int result = of(set).client.openDevice(name == nullptr ? "" : name, opened);
    if (result == VD_NOERROR) {
        auto handed = std::make_unique<ClientVirtualDevice>();
        static_cast<LinuxDevice *>(handed->device)->device = std::move(opened);
        *device = handed.get();
        std::lock_guard<std::mutex> lock(of(set).guard);
        of(set).devices.push_back(std::move(handed));
    }
    return result;
}

int ClientVirtualDeviceSet::Close() { return of(set).client.close(); }

int ClientVirtualDeviceSet::SignalAbort() { return of(set).client.signalAbort(); }

int ClientVirtualDeviceSet::OpenInSecondary(char *setName) {
    return setName == nullptr ? VD_E_PROTOCOL : of(set).client.openInSecondary("", setName);
}

int ClientVirtualDeviceSet::GetBufferHandle(uint8_t *buffer, unsigned int *handle) {
    return of(set).client.getBufferHandle(buffer, handle);
}

int ClientVirtualDeviceSet::MapBufferHandle(int handle, uint8_t **buffer) {
    return of(set).client.mapBufferHandle(uint32_t(handle), buffer);
}

void ClientVirtualDeviceSet::RegisterDeviceClosed() {} // public in the published header, documented nowhere

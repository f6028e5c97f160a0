#include "client.h"

namespace sluice {

namespace {

// A set is one of three styles, with the extras that its style allows.
bool requestable(uint32_t features) {
    constexpr uint32_t byServer = VDF_WriteMedia | VDF_ReadMedia | VDF_CompleteEnabled;
    constexpr uint32_t withEveryStyle = VDF_Discard | VDF_RequestComplete | VDF_SnapshotPrepare | VDF_EnumFrozenFiles |
                                        VDF_VSSWriter | VDF_LatchStats;
    uint32_t style = features & ~withEveryStyle;
    uint32_t fixed = style & ~uint32_t(VDF_Removable);
    return (features & byServer) == 0 && (style == VDF_LikeTape || fixed == VDF_LikePipe || fixed == VDF_LikeDisk);
}

bool supported(const VDConfig &config) {
    bool alignment = (config.alignment & (config.alignment - 1)) == 0 && config.alignment <= 65536;
    return config.deviceCount >= 1 && config.deviceCount <= 64 && requestable(config.features) && alignment &&
           config.prefixZoneSize <= INT32_MAX;
}

bool acceptable(const std::string &name) {
    return !name.empty() && name.size() <= 255 && name.find('\\') == std::string::npos;
}

} // namespace

std::string keyOf(const std::string &instance, const std::string &name) {
    return instance.empty() ? name : instance + "\\" + name;
}

std::shared_ptr<Session> Client::current() {
    std::lock_guard<std::mutex> lock(guard);
    return session;
}

int Client::create(const std::string &instance, const std::string &name, const VDConfig *config) {
    std::lock_guard<std::mutex> lock(guard);
    if (session) {
        return VD_E_PROTOCOL;
    }
    if (config == nullptr || !acceptable(name)) {
        return VD_E_INVALID;
    }
    return supported(*config) ? Session::create(keyOf(instance, name), *config, session) : VD_E_NOTSUPPORTED;
}

int Client::openInSecondary(const std::string &instance, const std::string &name) {
    std::lock_guard<std::mutex> lock(guard);
    if (session || !acceptable(name)) {
        return VD_E_PROTOCOL;
    }
    return Session::openInSecondary(keyOf(instance, name), session);
}

int Client::getConfiguration(int64_t millis, VDConfig *config) {
    auto set = current();
    return !set ? VD_E_PROTOCOL : config == nullptr ? VD_E_INVALID : set->getConfiguration(millis, config);
}

int Client::openDevice(const std::string &name, std::shared_ptr<Device> &device) {
    auto set = current();
    return set ? set->openDevice(name, device) : VD_E_PROTOCOL;
}

int Client::signalAbort() {
    auto set = current();
    return set ? set->signalAbort() : VD_E_PROTOCOL;
}

int Client::close() {
    auto set = current();
    if (!set) {
        return VD_E_PROTOCOL;
    }
    int result = set->close();
    std::lock_guard<std::mutex> lock(guard);
    if (session == set) {
        session.reset();
    }
    return result;
}

int Client::getBufferHandle(const uint8_t *buffer, uint32_t *handle) {
    auto set = current();
    return !set ? VD_E_PROTOCOL : handle == nullptr ? VD_E_INVALID : set->getBufferHandle(buffer, handle);
}

int Client::mapBufferHandle(uint32_t handle, uint8_t **buffer) {
    auto set = current();
    return !set ? VD_E_PROTOCOL : buffer == nullptr ? VD_E_INVALID : set->mapBufferHandle(handle, buffer);
}

} // namespace sluice

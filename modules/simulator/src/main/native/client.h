// What the three faces of the library (Linux classes, COM in two calling conventions) have in common: an object that has
// a set or has none, and the checks of Create.

#pragma once

#include "session.h"

namespace sluice {

// `key` is what the set is known by on the machine.
std::string keyOf(const std::string &instance, const std::string &name);

class Client {
public:
    ~Client() { close(); }

    int create(const std::string &instance, const std::string &name, const VDConfig *config);
    int openInSecondary(const std::string &instance, const std::string &name);
    int getConfiguration(int64_t millis, VDConfig *config);
    int openDevice(const std::string &name, std::shared_ptr<Device> &device);
    int signalAbort();
    int close();
    int getBufferHandle(const uint8_t *buffer, uint32_t *handle);
    int mapBufferHandle(uint32_t handle, uint8_t **buffer);

private:
    std::shared_ptr<Session> current();

    std::mutex guard;
    std::shared_ptr<Session> session;
};

} // namespace sluice

// One life of a virtual device set in a client process: from Create or OpenInSecondary to Close.
//
// The state machine is the server's. Here is only what a client must be able to answer by itself: whether it was
// configured, opened or aborted, and which commands it holds. A thread of the set reads what the server says unasked,
// so that a dead server is noticed at once; calls on devices talk to the server on a connection each.

#pragma once

#include "wire.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sluice {

class Session;

// Memory that both sides have mapped, or, with nothing to map, nothing.
class Mapping {
public:
    Mapping() = default;
    Mapping(Mapping &&other) noexcept;
    Mapping &operator=(Mapping &&) = delete;
    ~Mapping();

    // `bytes` of the file from `offset`, at an address that is a multiple of 64 KiB: the largest alignment that a buffer
    // can ask for.
    static std::optional<Mapping> of(Fd file, int64_t offset, int64_t bytes);

    uint8_t *at(int64_t offset) const { return base + offset; }
    int64_t bytes() const { return length; }
    int64_t fileOffset() const { return offset; }
    int file() const { return fd.get(); }

private:
    Fd fd;
    int64_t offset = 0;
    uint8_t *base = nullptr;
    int64_t length = 0;
};

class Device {
public:
    Device(std::shared_ptr<Session> session, Fd connection);
    ~Device();

    // millis: negative for ever, 0 to look.
    int getCommand(int64_t millis, VDC_Command **command);
    int completeCommand(const VDC_Command *command, int code, uint64_t bytes, int64_t position);

private:
    friend class Session;
    static constexpr int slotCount = 512;

    struct Slot {
        bool outstanding = false;
        int64_t token = 0;
        int32_t size = 0;
        bool transfers = false;
    };

    bool prepareSlots();
    void unmapSlots();
    int deliver(const Frame &frame, VDC_Command **command);

    const std::shared_ptr<Session> session;
    const Fd connection;
    std::mutex fetching; // one thread in GetCommand
    std::mutex guard;    // slots, ended, writing to the connection
    Slot slots[slotCount];
    bool ended = false;
    // The same page twice: the client's view of a command cannot be written to, as documented.
    VDC_Command *writable = nullptr;
    VDC_Command *readOnly = nullptr;
};

class Session : public std::enable_shared_from_this<Session> {
public:
    static int create(const std::string &key, const VDConfig &config, std::shared_ptr<Session> &session);
    static int openInSecondary(const std::string &key, std::shared_ptr<Session> &session);
    ~Session();

    int getConfiguration(int64_t millis, VDConfig *config);
    int openDevice(const std::string &name, std::shared_ptr<Device> &device);
    int signalAbort();
    int close();
    int getBufferHandle(const uint8_t *buffer, uint32_t *handle);
    int mapBufferHandle(uint32_t handle, uint8_t **buffer);

private:
    friend class Device;

    // A call in progress: Close waits for it before it unmaps anything.
    class Call {
    public:
        explicit Call(Session &session);
        ~Call();
        explicit operator bool() const { return entered; }

    private:
        Session &session;
        bool entered;
    };

    Session(std::string key, std::string dir);

    bool start();
    void serve();
    void greet(Fd peer);
    void attach(Fd peer);
    void introduce(int peer);
    bool obey(const Frame &frame, const std::string &payload);
    bool mapChunk(const Frame &frame, Fd file);
    Fd openChunk(const std::string &name) const;
    int fetchChunks();
    void abort(const char *why, bool tellServer);
    bool aborted();
    uint8_t *locate(int chunk, int64_t offset, int64_t size);
    Received ask(Frame question, const std::string &payload, Frame &answer, Fd *keep);
    std::string serverFiles() const;

    const std::string key;
    const std::string dir;
    const std::string base;
    bool primary = true;
    uint64_t nonce = 0;
    int64_t attachment = 0;
    VDConfig config{};

    std::mutex guard;
    std::condition_variable changed;
    bool configured = false; // by the server
    bool seen = false;       // by this client
    bool isAborted = false;
    bool finished = false;
    bool closing = false;
    int calls = 0;
    std::map<int, Mapping> chunks;
    std::vector<std::shared_ptr<Device>> devices;

    std::mutex writing; // to the control connection
    Fd listening;
    Fd control;
    Fd wake; // readable once the set is aborted
    Fd stop; // readable once the thread shall go
    std::thread service;
};

} // namespace sluice

// How a client process and the simulator talk: where a set's sockets and memory files are, and the frames.
//
//   <dir>/<base>.c            socket of the primary client, from Create to Close. The server connects to it once.
//   <dir>/<base>.<nonce>.s    socket of the server. Devices and secondary clients connect to it.
//   <dir>/<base>.<nonce>.N.m  memory, only until both sides have mapped it.
//
// The Java half is the package dev.sluice.simulator.vdi; its SetFiles and Frame are the other copy of what is here.

#pragma once

#include "vdi.h"

#include <chrono>
#include <string>

namespace sluice {

// A file descriptor that is closed with its owner.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd(fd) {}
    Fd(Fd &&other) noexcept : fd(other.release()) {}
    Fd &operator=(Fd &&other) noexcept;
    ~Fd() { reset(); }
    int get() const { return fd; }
    bool valid() const { return fd >= 0; }
    int release();
    void reset();

private:
    int fd = -1;
};

enum class Type : uint32_t {
    attach = 1,    // server to primary, first on <base>.c: who are you?
    hello,         // the answer: nonce in token, VDConfig and key as payload
    configured,    // VDConfig as payload
    memory,        // a chunk: index, bytes in position, file offset in offset, file name as payload
    mapped,        // the primary has the chunk; the file may go
    abort,         // either side, on a control connection
    finished,      // the server closed the set in good order: the end of this connection is no abort
    close,         // the client closes the set
    open,          // first on a device connection: attachment in token, name as payload
    answer,        // to open, join, handleOf, bufferOf: result in code
    fetch,         // GetCommand; code 0 to look, 1 to wait
    cancel,        // the wait is over; answered like a fetch that looks
    command,       // answers fetch
    closed,        // answers fetch, or comes unasked when the server closes the device
    nothing,       // answers fetch
    complete,      // CompleteCommand; not answered
    secondary,     // another client to the primary, on <base>.c: answer, then memory frames with descriptors
    join,          // secondary to server: answer with its attachment in token, then configured
    handleOf,      // GetBufferHandle: attachment, chunk, offset; answered with the handle in bytes
    bufferOf,      // MapBufferHandle: attachment, handle in bytes; answered with chunk and offset
    last = bufferOf,
};

// Every message: these 56 bytes, little-endian, then the payload.
struct Frame {
    static constexpr uint32_t magicNumber = 0x31494456; // "VDI1"
    static constexpr uint32_t payloadLimit = 1024;

    uint32_t magic = magicNumber;
    uint32_t type = 0;
    int64_t token = 0;
    int32_t code = 0;
    int32_t size = 0;
    int64_t position = 0;
    int64_t offset = 0;
    int32_t chunk = 0;
    int32_t bytes = 0;
    uint32_t payloadBytes = 0;
    uint32_t zero = 0;

    Frame() = default;
    explicit Frame(Type type) : type(uint32_t(type)) {}
    bool is(Type wanted) const { return type == uint32_t(wanted); }
};
static_assert(sizeof(Frame) == 56, "the other copy is in Frame.java");

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline never = Deadline::max();

enum class Received { frame, ended, garbage, woken, timedOut };

// Waits for a frame, until `wake` is readable (it wins) or the deadline has passed. A frame that has begun is waited for
// without a deadline. A descriptor that travels with the frame goes to `passed`, or is closed.
Received receive(int fd, int wake, Deadline deadline, Frame &frame, std::string &payload, Fd *passed = nullptr);

// False when the other side is gone. `pass` travels with the frame.
bool send(int fd, Frame frame, const std::string &payload = {}, int pass = -1);

// One directory holds everything; SLUICE_VDI_DIR names it.
std::string directory();

// The part of the file names that tells the set: its name if that is short and plain, otherwise a hash of it.
std::string baseName(const std::string &key);

Fd connectTo(const std::string &path);

// Binds and listens. The name is taken: VD_E_INVALID. Leaves nothing behind that a crashed process left before.
int listenAs(const std::string &dir, const std::string &base, Fd &socket);

// Removes what belongs to one life of a set.
void removeFiles(const std::string &dir, const std::string &prefix);

void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

} // namespace sluice

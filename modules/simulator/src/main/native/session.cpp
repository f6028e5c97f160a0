#include "session.h"

#include <cerrno>
#include <climits>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sluice {

namespace {

constexpr int64_t largestAlignment = 65536;

Deadline after(int64_t millis) {
    if (millis < 0 || millis > INT_MAX) {
        return never;
    }
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(millis);
}

void raise(const Fd &event) {
    uint64_t one = 1;
    while (write(event.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
}

} // namespace

// Memory.

Mapping::Mapping(Mapping &&other) noexcept
    : fd(std::move(other.fd)), offset(other.offset), base(other.base), length(other.length) {
    other.base = nullptr;
}

Mapping::~Mapping() {
    if (base != nullptr) {
        munmap(base, size_t(length));
    }
}

std::optional<Mapping> Mapping::of(Fd file, int64_t offset, int64_t bytes) {
    struct stat info;
    int64_t page = sysconf(_SC_PAGESIZE);
    // A file that is too short would map, and kill the process when it is touched.
    if (!file.valid() || offset < 0 || offset % page != 0 || bytes <= 0 || bytes > INT64_MAX - largestAlignment - offset ||
        fstat(file.get(), &info) != 0 || info.st_size < offset + bytes) {
        return std::nullopt;
    }
    int64_t length = (bytes + page - 1) / page * page;
    int64_t room = length + largestAlignment;
    void *reserved = mmap(nullptr, size_t(room), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        return std::nullopt;
    }
    auto *start = static_cast<uint8_t *>(reserved);
    int64_t slack = -reinterpret_cast<intptr_t>(start) & (largestAlignment - 1);
    uint8_t *aligned = start + slack;
    void *mapped =
        mmap(aligned, size_t(length), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file.get(), off_t(offset));
    if (mapped == MAP_FAILED) {
        munmap(start, size_t(room));
        return std::nullopt;
    }
    if (slack > 0) {
        munmap(start, size_t(slack));
    }
    munmap(aligned + length, size_t(room - slack - length));
    Mapping mapping;
    mapping.fd = std::move(file);
    mapping.offset = offset;
    mapping.base = aligned;
    mapping.length = bytes;
    return mapping;
}

// The set's life.

Session::Session(std::string key, std::string dir)
    : key(std::move(key)), dir(std::move(dir)), base(baseName(this->key)), wake(eventfd(0, EFD_CLOEXEC)),
      stop(eventfd(0, EFD_CLOEXEC)) {}

Session::~Session() {
    if (service.joinable()) {
        close();
    }
}

int Session::create(const std::string &key, const VDConfig &config, std::shared_ptr<Session> &created) {
    std::shared_ptr<Session> session(new Session(key, directory()));
    session->config = config;
    if (getrandom(&session->nonce, sizeof session->nonce, 0) != sizeof session->nonce) {
        return VD_E_UNEXPECTED;
    }
    int result = listenAs(session->dir, session->base, session->listening);
    if (result != VD_NOERROR) {
        return result;
    }
    if (!session->start()) {
        unlink((session->dir + "/" + session->base + ".c").c_str());
        return VD_E_MEMORY;
    }
    created = std::move(session);
    return VD_NOERROR;
}

int Session::openInSecondary(const std::string &key, std::shared_ptr<Session> &opened) {
    std::shared_ptr<Session> session(new Session(key, directory()));
    session->primary = false;
    int result = session->fetchChunks();
    if (result != VD_NOERROR) {
        return result;
    }
    Frame answer;
    if (session->ask(Frame(Type::join), {}, answer, &session->control) != Received::frame) {
        return VD_E_PROTOCOL;
    }
    if (answer.code != VD_NOERROR) {
        return answer.code;
    }
    session->attachment = answer.token;
    if (!session->start()) {
        return VD_E_MEMORY;
    }
    opened = std::move(session);
    return VD_NOERROR;
}

bool Session::start() {
    if (!wake.valid() || !stop.valid()) {
        return false;
    }
    // The host program's signals are its own threads' business.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        service = std::thread([this] { serve(); });
    } catch (const std::system_error &) {
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return service.joinable();
}

int Session::close() {
    bool deviceOpen = false;
    {
        std::lock_guard<std::mutex> lock(guard);
        if (closing) {
            return VD_E_PROTOCOL;
        }
        closing = true;
        for (auto &device : devices) {
            std::lock_guard<std::mutex> deviceLock(device->guard);
            deviceOpen = deviceOpen || !device->ended;
        }
        deviceOpen = deviceOpen && !isAborted;
    }
    // Whoever is still inside leaves; only an open device makes it an abort for the server as well.
    abort("", deviceOpen);
    {
        std::lock_guard<std::mutex> lock(writing);
        if (control.valid()) {
            send(control.get(), Frame(Type::close));
        }
    }
    raise(stop);
    service.join();
    if (primary) {
        // The name is free before the socket is, so nobody finds it abandoned. The server removes its files itself, if it
        // still can.
        unlink((dir + "/" + base + ".c").c_str());
        removeFiles(dir, serverFiles());
    }
    std::unique_lock<std::mutex> lock(guard);
    changed.wait(lock, [this] { return calls == 0; });
    for (auto &device : devices) {
        device->unmapSlots();
    }
    devices.clear();
    chunks.clear();
    control.reset();
    listening.reset();
    return deviceOpen ? VD_E_OPEN : VD_NOERROR;
}

Session::Call::Call(Session &session) : session(session) {
    std::lock_guard<std::mutex> lock(session.guard);
    entered = !session.closing;
    session.calls += entered;
}

Session::Call::~Call() {
    if (entered) {
        std::lock_guard<std::mutex> lock(session.guard);
        session.calls--;
        session.changed.notify_all();
    }
}

void Session::abort(const char *why, bool tellServer) {
    {
        std::lock_guard<std::mutex> lock(guard);
        if (isAborted) {
            return;
        }
        isAborted = true;
        changed.notify_all();
    }
    raise(wake);
    if (*why != 0) {
        complain("set %s aborted: %s", key.c_str(), why);
    }
    if (tellServer) {
        std::lock_guard<std::mutex> lock(writing);
        if (control.valid()) {
            send(control.get(), Frame(Type::abort));
        }
    }
}

bool Session::aborted() {
    std::lock_guard<std::mutex> lock(guard);
    return isAborted;
}

// The set's thread.

void Session::serve() {
    bool controlled = control.valid();
    while (true) {
        pollfd sources[3] = {{stop.get(), POLLIN, 0}, {listening.get(), POLLIN, 0}, {control.get(), POLLIN, 0}};
        int ready = poll(sources, controlled ? 3 : 2, -1);
        if (ready < 0 && errno != EINTR) {
            return;
        }
        if (ready <= 0) {
            continue;
        }
        if (sources[0].revents != 0) {
            return;
        }
        if (sources[1].revents != 0) {
            greet(Fd(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)));
            controlled = controlled || control.valid();
        }
        if (controlled && sources[2].fd >= 0 && sources[2].revents != 0) {
            Frame frame;
            std::string payload;
            Received received = receive(control.get(), stop.get(), never, frame, payload);
            if (received == Received::woken) {
                return;
            }
            controlled = received == Received::frame && obey(frame, payload);
            if (!controlled) {
                std::unique_lock<std::mutex> lock(guard);
                bool orderly = finished;
                lock.unlock();
                if (received == Received::frame || received == Received::garbage) {
                    abort("the server broke the protocol", true);
                } else if (!orderly) {
                    abort("the server is gone", false);
                }
            }
        }
    }
}

// Somebody connected to the primary's socket: the server, a secondary client, or one who only wanted to know whether
// anybody listens.
void Session::greet(Fd peer) {
    Frame frame;
    std::string payload;
    if (!peer.valid() || receive(peer.get(), stop.get(), after(1000), frame, payload) != Received::frame) {
        return;
    }
    if (frame.is(Type::attach)) {
        attach(std::move(peer));
    } else if (frame.is(Type::secondary)) {
        introduce(peer.get());
    }
}

void Session::attach(Fd peer) {
    if (control.valid() || aborted()) {
        return; // another server has the set, or nobody shall
    }
    Frame hello(Type::hello);
    hello.token = int64_t(nonce);
    std::string payload(reinterpret_cast<const char *>(&config), sizeof config);
    payload += key;
    if (send(peer.get(), hello, payload)) {
        std::lock_guard<std::mutex> lock(writing);
        control = std::move(peer);
        if (aborted()) {
            send(control.get(), Frame(Type::abort)); // it came between the look and the greeting
        }
    }
}

void Session::introduce(int peer) {
    std::lock_guard<std::mutex> lock(guard);
    Frame answer(Type::answer);
    answer.token = int64_t(nonce);
    answer.code = isAborted ? VD_E_ABORT : !configured ? VD_E_PROTOCOL : VD_NOERROR;
    answer.bytes = answer.code == VD_NOERROR ? int32_t(chunks.size()) : 0;
    if (!send(peer, answer) || answer.code != VD_NOERROR) {
        return;
    }
    for (auto &[index, chunk] : chunks) {
        Frame memory(Type::memory);
        memory.chunk = index;
        memory.position = chunk.bytes();
        memory.offset = chunk.fileOffset();
        send(peer, memory, {}, chunk.file());
    }
}

// What the server says unasked. False when it makes no sense.
bool Session::obey(const Frame &frame, const std::string &payload) {
    if (frame.is(Type::memory)) {
        Frame mapped(Type::mapped);
        mapped.chunk = frame.chunk;
        bool done = mapChunk(frame, openChunk(payload));
        mapped.code = done ? VD_NOERROR : VD_E_MEMORY;
        std::lock_guard<std::mutex> lock(writing);
        return send(control.get(), mapped) && done;
    }
    if (frame.is(Type::configured) && payload.size() == sizeof config) {
        std::lock_guard<std::mutex> lock(guard);
        memcpy(&config, payload.data(), sizeof config);
        configured = true;
        changed.notify_all();
        return true;
    }
    if (frame.is(Type::abort)) {
        abort(payload.c_str(), false);
        return true;
    }
    if (frame.is(Type::finished)) {
        std::lock_guard<std::mutex> lock(guard);
        finished = true;
        return true;
    }
    return false;
}

// Memory that the server shared.

Fd Session::openChunk(const std::string &name) const {
    if (name.find('/') != std::string::npos || name.compare(0, serverFiles().size(), serverFiles()) != 0) {
        return {};
    }
    return Fd(::open((dir + "/" + name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
}

bool Session::mapChunk(const Frame &frame, Fd file) {
    auto mapping = Mapping::of(std::move(file), frame.offset, frame.position);
    if (!mapping) {
        return false;
    }
    std::lock_guard<std::mutex> lock(guard);
    changed.notify_all();
    return chunks.emplace(frame.chunk, std::move(*mapping)).second;
}

// A secondary gets what the primary has, also what was added since the last time.
int Session::fetchChunks() {
    Fd peer = connectTo(dir + "/" + base + ".c");
    Frame answer;
    std::string payload;
    if (!peer.valid() || !send(peer.get(), Frame(Type::secondary)) ||
        receive(peer.get(), wake.get(), after(5000), answer, payload) != Received::frame || !answer.is(Type::answer)) {
        return VD_E_PROTOCOL; // there is no such set
    }
    nonce = uint64_t(answer.token);
    for (int i = 0; answer.code == VD_NOERROR && i < answer.bytes; i++) {
        Frame memory;
        Fd file;
        if (receive(peer.get(), wake.get(), after(5000), memory, payload, &file) != Received::frame ||
            !memory.is(Type::memory)) {
            return VD_E_UNEXPECTED;
        }
        std::unique_lock<std::mutex> lock(guard);
        bool known = chunks.count(memory.chunk) > 0;
        lock.unlock();
        if (!known && !mapChunk(memory, std::move(file))) {
            return VD_E_MEMORY;
        }
    }
    return answer.code;
}

// Null when the server named memory that is not there.
uint8_t *Session::locate(int chunk, int64_t offset, int64_t size) {
    std::unique_lock<std::mutex> lock(guard);
    auto known = [&] { return chunks.count(chunk) > 0; };
    if (!known() && primary) {
        // The announcement was sent first, but on the other connection.
        changed.wait_for(lock, std::chrono::seconds(1), [&] { return isAborted || known(); });
    } else if (!known()) {
        lock.unlock();
        fetchChunks();
        lock.lock();
    }
    auto found = chunks.find(chunk);
    if (found == chunks.end() || offset < 0 || size < 0 || offset > found->second.bytes() - size) {
        return nullptr;
    }
    return found->second.at(offset);
}

// The client's calls.

int Session::getConfiguration(int64_t millis, VDConfig *into) {
    Call call(*this);
    if (!call) {
        return VD_E_PROTOCOL;
    }
    std::unique_lock<std::mutex> lock(guard);
    auto answered = [this] { return isAborted || configured; };
    Deadline deadline = after(millis);
    if (deadline == never) {
        changed.wait(lock, answered);
    } else if (!changed.wait_until(lock, deadline, answered)) {
        return VD_E_TIMEOUT;
    }
    if (isAborted) {
        return VD_E_ABORT;
    }
    seen = true;
    *into = config;
    return VD_NOERROR;
}

std::string Session::serverFiles() const {
    char life[32];
    snprintf(life, sizeof life, ".%016" PRIx64 ".", nonce);
    return base + life;
}

// One question to the server on a connection of its own, which `keep` receives.
Received Session::ask(Frame question, const std::string &payload, Frame &answer, Fd *keep) {
    question.token = attachment;
    Fd connection = connectTo(dir + "/" + serverFiles() + "s");
    std::string text;
    if (!connection.valid() || !send(connection.get(), question, payload)) {
        return Received::ended;
    }
    Received received = receive(connection.get(), wake.get(), never, answer, text);
    if (received == Received::frame && !answer.is(Type::answer)) {
        return Received::garbage;
    }
    if (keep != nullptr) {
        *keep = std::move(connection);
    }
    return received;
}

int Session::openDevice(const std::string &name, std::shared_ptr<Device> &opened) {
    Call call(*this);
    if (!call) {
        return VD_E_PROTOCOL;
    }
    {
        std::lock_guard<std::mutex> lock(guard);
        if (isAborted) {
            return VD_E_ABORT;
        }
        if (!seen && primary) {
            return VD_E_PROTOCOL;
        }
    }
    if (name.empty() || name.size() > Frame::payloadLimit) {
        return VD_E_INVALID;
    }
    Frame answer;
    Fd connection;
    switch (ask(Frame(Type::open), name, answer, &connection)) {
    case Received::frame:
        break;
    case Received::woken:
        return VD_E_ABORT;
    default:
        abort("the server does not answer OpenDevice", true);
        return VD_E_ABORT;
    }
    if (answer.code != VD_NOERROR) {
        return answer.code;
    }
    auto device = std::make_shared<Device>(shared_from_this(), std::move(connection));
    if (!device->prepareSlots()) {
        abort("no memory for a device's commands", true);
        return VD_E_MEMORY;
    }
    std::lock_guard<std::mutex> lock(guard);
    devices.push_back(device);
    opened = std::move(device);
    return VD_NOERROR;
}

int Session::signalAbort() {
    Call call(*this);
    if (!call) {
        return VD_E_PROTOCOL;
    }
    abort("", true);
    return VD_NOERROR;
}

int Session::getBufferHandle(const uint8_t *buffer, uint32_t *handle) {
    Call call(*this);
    if (!call) {
        return VD_E_PROTOCOL;
    }
    Frame question(Type::handleOf);
    bool found = false;
    {
        std::lock_guard<std::mutex> lock(guard);
        for (auto &[index, chunk] : chunks) {
            if (buffer >= chunk.at(0) && buffer < chunk.at(chunk.bytes())) {
                question.chunk = index;
                question.offset = buffer - chunk.at(0);
                found = true;
            }
        }
    }
    Frame answer;
    if (!found) {
        return VD_E_INVALID;
    }
    if (ask(question, {}, answer, nullptr) != Received::frame) {
        return VD_E_ABORT;
    }
    *handle = uint32_t(answer.bytes);
    return answer.code;
}

int Session::mapBufferHandle(uint32_t handle, uint8_t **buffer) {
    Call call(*this);
    if (!call) {
        return VD_E_PROTOCOL;
    }
    Frame question(Type::bufferOf);
    question.bytes = int32_t(handle);
    Frame answer;
    if (ask(question, {}, answer, nullptr) != Received::frame) {
        return VD_E_ABORT;
    }
    if (answer.code == VD_NOERROR) {
        *buffer = locate(answer.chunk, answer.offset, 0);
        return *buffer != nullptr ? VD_NOERROR : VD_E_UNEXPECTED;
    }
    return answer.code;
}

// A device.

Device::Device(std::shared_ptr<Session> session, Fd connection)
    : session(std::move(session)), connection(std::move(connection)) {}

Device::~Device() { unmapSlots(); }

bool Device::prepareSlots() {
    constexpr size_t bytes = slotCount * sizeof(VDC_Command);
    Fd memory(memfd_create("vdi-commands", MFD_CLOEXEC));
    if (!memory.valid() || ftruncate(memory.get(), bytes) != 0) {
        return false;
    }
    void *own = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    void *theirs = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, memory.get(), 0);
    writable = own == MAP_FAILED ? nullptr : static_cast<VDC_Command *>(own);
    readOnly = theirs == MAP_FAILED ? nullptr : static_cast<VDC_Command *>(theirs);
    return writable != nullptr && readOnly != nullptr;
}

void Device::unmapSlots() {
    constexpr size_t bytes = slotCount * sizeof(VDC_Command);
    std::lock_guard<std::mutex> lock(guard);
    for (VDC_Command **view : {&writable, &readOnly}) {
        if (*view != nullptr) {
            munmap(*view, bytes);
            *view = nullptr;
        }
    }
}

int Device::getCommand(int64_t millis, VDC_Command **command) {
    Session::Call call(*session);
    if (!call) {
        return VD_E_PROTOCOL;
    }
    std::lock_guard<std::mutex> one(fetching);
    if (session->aborted()) {
        return VD_E_ABORT;
    }
    Frame frame(Type::fetch);
    frame.code = millis == 0 ? 0 : 1;
    {
        std::lock_guard<std::mutex> lock(guard);
        if (ended) {
            return VD_E_PROTOCOL;
        }
        // A server that is gone may have said closed before; so the answer is looked for in any case.
        (void)send(connection.get(), frame);
    }
    std::string payload;
    Deadline deadline = millis == 0 ? never : after(millis);
    Received received = receive(connection.get(), session->wake.get(), deadline, frame, payload);
    if (received == Received::timedOut) {
        {
            std::lock_guard<std::mutex> lock(guard);
            (void)send(connection.get(), Frame(Type::cancel));
        }
        received = receive(connection.get(), session->wake.get(), never, frame, payload);
    }
    switch (received) {
    case Received::woken:
    case Received::timedOut:
        return VD_E_ABORT;
    case Received::ended:
        session->abort("the server is gone", true);
        return VD_E_ABORT;
    case Received::garbage:
        session->abort("the server broke the protocol", true);
        return VD_E_ABORT;
    case Received::frame:
        break;
    }
    if (frame.is(Type::command)) {
        return deliver(frame, command);
    }
    if (frame.is(Type::nothing)) {
        return VD_E_TIMEOUT;
    }
    if (frame.is(Type::closed)) {
        std::lock_guard<std::mutex> lock(guard);
        ended = true;
        return VD_E_CLOSE;
    }
    session->abort("the server broke the protocol", true);
    return VD_E_ABORT;
}

int Device::deliver(const Frame &frame, VDC_Command **command) {
    bool transfers = frame.code == VDC_Read || frame.code == VDC_Write;
    uint8_t *buffer = transfers ? session->locate(frame.chunk, frame.offset, frame.size) : nullptr;
    std::unique_lock<std::mutex> lock(guard);
    int free = 0;
    while (free < slotCount && slots[free].outstanding) {
        free++;
    }
    if ((transfers && buffer == nullptr) || free == slotCount) {
        lock.unlock();
        session->abort("the server sent a command for memory that it does not share, or too many", true);
        return VD_E_ABORT;
    }
    slots[free] = {true, frame.token, frame.size, transfers};
    writable[free] = {frame.code, frame.size, frame.position, buffer};
    *command = &readOnly[free];
    return VD_NOERROR;
}

int Device::completeCommand(const VDC_Command *command, int code, uint64_t bytes, int64_t position) {
    Session::Call call(*session);
    if (!call) {
        return VD_E_PROTOCOL;
    }
    if (session->aborted()) {
        return VD_E_ABORT;
    }
    std::unique_lock<std::mutex> lock(guard);
    if (ended) {
        return VD_E_PROTOCOL;
    }
    uintptr_t at = reinterpret_cast<uintptr_t>(command) - reinterpret_cast<uintptr_t>(readOnly);
    if (at % sizeof(VDC_Command) != 0 || at / sizeof(VDC_Command) >= slotCount) {
        return VD_E_INVALID;
    }
    Slot &slot = slots[at / sizeof(VDC_Command)];
    if (!slot.outstanding || (slot.transfers && bytes > uint64_t(slot.size))) {
        return VD_E_INVALID;
    }
    slot.outstanding = false;
    Frame frame(Type::complete);
    frame.token = slot.token;
    frame.code = code;
    frame.bytes = slot.transfers ? int32_t(bytes) : 0;
    frame.position = position;
    if (!send(connection.get(), frame)) {
        lock.unlock();
        session->abort("the server is gone", true);
        return VD_E_ABORT;
    }
    return VD_NOERROR;
}

} // namespace sluice

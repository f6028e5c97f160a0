#include "wire.h"

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace sluice {

Fd &Fd::operator=(Fd &&other) noexcept {
    if (this != &other) {
        reset();
        fd = other.release();
    }
    return *this;
}

int Fd::release() {
    int released = fd;
    fd = -1;
    return released;
}

void Fd::reset() {
    if (fd >= 0) {
        ::close(fd);
        fd = -1;
    }
}

void complain(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "libsqlvdi (simulator): %s\n", text);
}

// Frames.

namespace {

int millisUntil(Deadline deadline) {
    if (deadline == never) {
        return -1;
    }
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : int(left);
}

// Waits until `fd` has something; nullopt when it has.
std::optional<Received> await(int fd, int wake, Deadline deadline) {
    pollfd both[2] = {{fd, POLLIN, 0}, {wake, POLLIN, 0}};
    while (true) {
        int ready = poll(both, 2, millisUntil(deadline));
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready > 0 && both[1].revents != 0) {
            return Received::woken;
        }
        if (ready > 0) {
            return std::nullopt;
        }
        if (ready == 0 && millisUntil(deadline) != 0) {
            continue; // a deadline beyond what poll can wait for
        }
        return ready == 0 ? Received::timedOut : Received::ended;
    }
}

void keepPassed(msghdr &message, Fd *passed) {
    for (cmsghdr *c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len >= CMSG_LEN(sizeof(int))) {
            int fd;
            memcpy(&fd, CMSG_DATA(c), sizeof fd);
            Fd received(fd);
            if (passed != nullptr) {
                *passed = std::move(received);
            }
        }
    }
}

std::optional<Received> fill(int fd, int wake, Deadline deadline, void *into, size_t bytes, Fd *passed) {
    auto *at = static_cast<char *>(into);
    while (bytes > 0) {
        if (auto stopped = await(fd, wake, deadline)) {
            return stopped;
        }
        iovec part{at, bytes};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got <= 0) {
            return Received::ended;
        }
        keepPassed(message, passed);
        at += got;
        bytes -= size_t(got);
        deadline = never;
    }
    return std::nullopt;
}

} // namespace

Received receive(int fd, int wake, Deadline deadline, Frame &frame, std::string &payload, Fd *passed) {
    if (auto stopped = fill(fd, wake, deadline, &frame, sizeof frame, passed)) {
        return *stopped;
    }
    if (frame.magic != Frame::magicNumber || frame.type < uint32_t(Type::attach) || frame.type > uint32_t(Type::last) ||
        frame.payloadBytes > Frame::payloadLimit || frame.zero != 0) {
        return Received::garbage;
    }
    payload.resize(frame.payloadBytes);
    return fill(fd, wake, never, payload.data(), payload.size(), nullptr).value_or(Received::frame);
}

bool send(int fd, Frame frame, const std::string &payload, int pass) {
    frame.payloadBytes = uint32_t(payload.size());
    char bytes[sizeof frame + Frame::payloadLimit];
    memcpy(bytes, &frame, sizeof frame);
    memcpy(bytes + sizeof frame, payload.data(), payload.size());
    size_t left = sizeof frame + payload.size();
    char *at = bytes;
    while (left > 0) {
        iovec part{at, left};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (pass >= 0 && at == bytes) {
            message.msg_control = control;
            message.msg_controllen = sizeof control;
            cmsghdr *c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(c), &pass, sizeof pass);
        }
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return false;
        }
        at += sent;
        left -= size_t(sent);
    }
    return true;
}

// Names and files.

std::string directory() {
    const char *configured = getenv("SLUICE_VDI_DIR");
    return configured != nullptr && *configured != 0 ? configured : "/dev/shm/sluice-vdi";
}

std::string baseName(const std::string &key) {
    bool plain = key.size() <= 40;
    for (char c : key) {
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
    }
    if (plain) {
        return "n-" + key;
    }
    uint64_t hash = 0xcbf29ce484222325; // FNV-1a; hello carries the whole key, so a collision is noticed
    for (unsigned char c : key) {
        hash = (hash ^ c) * 0x100000001b3;
    }
    char text[20];
    snprintf(text, sizeof text, "h-%016llx", static_cast<unsigned long long>(hash));
    return text;
}

namespace {

bool address(const std::string &path, sockaddr_un &into) {
    into = {};
    into.sun_family = AF_UNIX;
    if (path.size() >= sizeof into.sun_path) {
        complain("%s is %zu bytes long, a socket's path may have %zu: choose a shorter SLUICE_VDI_DIR", path.c_str(),
                 path.size(), sizeof into.sun_path - 1);
        return false;
    }
    memcpy(into.sun_path, path.data(), path.size());
    return true;
}

// Whether nobody listens there any more. In doubt somebody does.
bool abandoned(const std::string &path) {
    sockaddr_un to;
    Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe.valid() || !address(path, to)) {
        return false;
    }
    return connect(probe.get(), reinterpret_cast<sockaddr *>(&to), sizeof to) != 0 && errno == ECONNREFUSED;
}

bool endsWith(const std::string &text, const char *suffix) {
    size_t length = strlen(suffix);
    return text.size() >= length && text.compare(text.size() - length, length, suffix) == 0;
}

std::vector<std::string> entries(const std::string &dir) {
    std::vector<std::string> names;
    if (DIR *open = opendir(dir.c_str())) {
        while (dirent *entry = readdir(open)) {
            names.emplace_back(entry->d_name);
        }
        closedir(open);
    }
    return names;
}

// What crashed processes left. Young files are somebody's who is just starting.
void sweep(const std::string &dir) {
    constexpr time_t young = 10;
    for (const std::string &name : entries(dir)) {
        std::string path = dir + "/" + name;
        struct stat info;
        if (lstat(path.c_str(), &info) != 0 || time(nullptr) - info.st_mtime < young) {
            continue;
        }
        if (endsWith(name, ".c") || endsWith(name, ".s") || endsWith(name, ".t")) {
            if (S_ISSOCK(info.st_mode) && abandoned(path)) {
                unlink(path.c_str());
            }
        } else if (endsWith(name, ".m")) {
            size_t number = name.rfind('.', name.size() - 3);
            std::string server = number == std::string::npos ? "" : dir + "/" + name.substr(0, number) + ".s";
            if (!server.empty() && access(server.c_str(), F_OK) != 0) {
                unlink(path.c_str());
            }
        }
    }
}

} // namespace

void removeFiles(const std::string &dir, const std::string &prefix) {
    for (const std::string &name : entries(dir)) {
        if (name.compare(0, prefix.size(), prefix) == 0 && !endsWith(name, ".c")) {
            unlink((dir + "/" + name).c_str());
        }
    }
}

Fd connectTo(const std::string &path) {
    sockaddr_un to;
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.valid() || !address(path, to)) {
        return {};
    }
    while (connect(fd.get(), reinterpret_cast<sockaddr *>(&to), sizeof to) != 0) {
        if (errno != EINTR) {
            return {};
        }
    }
    return fd;
}

int listenAs(const std::string &dir, const std::string &base, Fd &listening) {
    if (mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
        complain("the directory %s cannot be created: %s", dir.c_str(), strerror(errno));
        return VD_E_UNEXPECTED;
    }
    // Whoever probes, sweeps and binds holds the directory's lock: between a bind and its listen, a socket looks
    // abandoned.
    Fd lock(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.valid() || flock(lock.get(), LOCK_EX) != 0) {
        complain("the directory %s cannot be used: %s", dir.c_str(), strerror(errno));
        return VD_E_UNEXPECTED;
    }
    std::string path = dir + "/" + base + ".c";
    sockaddr_un at;
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
        return VD_E_MEMORY;
    }
    if (!address(path, at)) {
        return VD_E_INVALID;
    }
    auto bound = [&] { return bind(fd.get(), reinterpret_cast<sockaddr *>(&at), sizeof at) == 0; };
    if (!bound()) {
        if (errno != EADDRINUSE || !abandoned(path)) {
            return VD_E_INVALID;
        }
        unlink(path.c_str());
        if (!bound()) {
            return VD_E_UNEXPECTED;
        }
    }
    // The server's user may be another one of the same group.
    if (chmod(path.c_str(), 0660) != 0 || ::listen(fd.get(), 16) != 0) {
        unlink(path.c_str());
        return VD_E_UNEXPECTED;
    }
    removeFiles(dir, base + ".");
    sweep(dir);
    listening = std::move(fd);
    return VD_NOERROR;
}

} // namespace sluice

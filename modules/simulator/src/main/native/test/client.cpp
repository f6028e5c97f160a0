// A client that knows nothing of Java: written against the published interface, it serves a backup or a restore and
// checks every byte, or walks through the states. Exit code 0 when all was as it must be; otherwise it says what was not.
//
//   vdi-client transitions NAME             no server needed
//   vdi-client backup NAME DEVICES          until the server closes the devices
//   vdi-client restore NAME DEVICES
//   vdi-client abort NAME DEVICES           as backup; a thread of its own aborts after 20 commands
//   vdi-client stale NAME                   touches a buffer after Close: must die of SIGSEGV

#include "vdi.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<int> failures{0};

void expect(const char *what, int expected, int actual) {
    if (expected != actual) {
        fprintf(stderr, "%s: expected 0x%08X, got 0x%08X\n", what, unsigned(expected), unsigned(actual));
        failures++;
    }
}

VDConfig request(uint32_t devices) {
    VDConfig config{};
    config.deviceCount = devices;
    config.features = VDF_LikePipe | VDF_RequestComplete;
    return config;
}

// The byte pattern of the scripted server.
uint64_t word(uint64_t position, uint64_t device) { return (position / 8 + 1) * 0x9E3779B97F4A7C15ull + device; }

bool holds(const uint8_t *buffer, int size, uint64_t position, uint64_t device) {
    for (int i = 0; i < size; i += 8) {
        uint64_t value;
        memcpy(&value, buffer + i, sizeof value);
        if (value != word(position + uint64_t(i), device)) {
            return false;
        }
    }
    return true;
}

void fill(uint8_t *buffer, int size, uint64_t position, uint64_t device) {
    for (int i = 0; i < size; i += 8) {
        uint64_t value = word(position + uint64_t(i), device);
        memcpy(buffer + i, &value, sizeof value);
    }
}

// Programs start others (Microsoft's sample runs sqlcmd): those must not hold the set's sockets and memory open.
void expectNothingIsInherited() {
    int open = 0;
    for (int fd = 3; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        open += flags != -1;
        if (flags != -1 && (flags & FD_CLOEXEC) == 0) {
            fprintf(stderr, "descriptor %d would be inherited\n", fd);
            failures++;
        }
    }
    if (open < 4) { // listening, control, two events; and one for each device
        fprintf(stderr, "only %d descriptors: looked at the wrong ones\n", open);
        failures++;
    }
}

std::atomic<long> served{0};

void pump(ClientVirtualDevice *device, uint64_t index, int expectedEnd) {
    uint64_t position = 0;
    while (true) {
        VDC_Command *command;
        int result = device->GetCommand(-1, &command);
        if (result != VD_NOERROR) {
            expect("the end of the device", expectedEnd, result);
            break;
        }
        VDC_Command held = *command;
        unsigned long bytes = 0;
        if (held.commandCode == VDC_Write) {
            if (!holds(held.buffer, held.size, position, index)) {
                fprintf(stderr, "device %lu: wrong bytes at %lu\n", index, position);
                failures++;
            }
            bytes = static_cast<unsigned long>(held.size);
        } else if (held.commandCode == VDC_Read) {
            fill(held.buffer, held.size, position, index);
            bytes = static_cast<unsigned long>(held.size);
        }
        position += bytes;
        served++;
        result = device->CompleteCommand(command, 0, bytes, 0);
        if (result != VD_E_ABORT || expectedEnd != VD_E_ABORT) {
            expect("CompleteCommand", VD_NOERROR, result);
            int again = device->CompleteCommand(command, 0, bytes, 0);
            if (again != VD_E_ABORT) {
                expect("CompleteCommand a second time", VD_E_INVALID, again);
            }
        }
    }
    printf("device %lu: %lu bytes\n", index, position);
}

void serve(std::string name, uint32_t devices, bool abort) {
    ClientVirtualDeviceSet set;
    VDConfig config = request(devices);
    expect("Create", VD_NOERROR, set.Create(name.data(), &config));
    printf("created\n");
    fflush(stdout);
    expect("GetConfiguration", VD_NOERROR, set.GetConfiguration(-1, &config));
    std::vector<std::thread> pumps;
    for (uint32_t i = 0; i < devices; i++) {
        std::string deviceName = i == 0 ? name : name + "-" + std::to_string(i);
        ClientVirtualDevice *device = nullptr;
        expect("OpenDevice", VD_NOERROR, set.OpenDevice(deviceName.data(), &device));
        if (device != nullptr) {
            pumps.emplace_back(pump, device, i, abort ? VD_E_ABORT : VD_E_CLOSE);
        }
    }
    expectNothingIsInherited();
    if (abort) {
        while (served < 20) {
            std::this_thread::yield();
        }
        expect("SignalAbort", VD_NOERROR, set.SignalAbort());
    }
    for (auto &thread : pumps) {
        thread.join();
    }
    expect("Close", VD_NOERROR, set.Close());
}

void transitions(std::string name) {
    ClientVirtualDeviceSet set;
    ClientVirtualDevice *device = nullptr;
    VDConfig config = request(1);
    for (int life = 0; life < 2; life++) {
        expect("GetConfiguration before Create", VD_E_PROTOCOL, set.GetConfiguration(0, &config));
        expect("OpenDevice before Create", VD_E_PROTOCOL, set.OpenDevice(name.data(), &device));
        expect("SignalAbort before Create", VD_E_PROTOCOL, set.SignalAbort());
        expect("Close before Create", VD_E_PROTOCOL, set.Close());
        config = request(65);
        expect("Create with 65 devices", VD_E_NOTSUPPORTED, set.Create(name.data(), &config));
        config = request(1);
        expect("Create", VD_NOERROR, set.Create(name.data(), &config));
        expect("a second Create", VD_E_PROTOCOL, set.Create(name.data(), &config));
        ClientVirtualDeviceSet other;
        expect("Create of a name that is taken", VD_E_INVALID, other.Create(name.data(), &config));
        expect("OpenInSecondary before the configuration", VD_E_PROTOCOL, other.OpenInSecondary(name.data()));
        expect("GetConfiguration(0)", VD_E_TIMEOUT, set.GetConfiguration(0, &config));
        expect("GetConfiguration(20)", VD_E_TIMEOUT, set.GetConfiguration(20, &config));
        expect("OpenDevice before the configuration", VD_E_PROTOCOL, set.OpenDevice(name.data(), &device));
        expect("SignalAbort", VD_NOERROR, set.SignalAbort());
        expect("SignalAbort again", VD_NOERROR, set.SignalAbort());
        expect("GetConfiguration after the abort", VD_E_ABORT, set.GetConfiguration(-1, &config));
        expect("OpenDevice after the abort", VD_E_ABORT, set.OpenDevice(name.data(), &device));
        expect("Close", VD_NOERROR, set.Close());
    }
}

void stale(std::string name) {
    ClientVirtualDeviceSet set;
    VDConfig config = request(1);
    expect("Create", VD_NOERROR, set.Create(name.data(), &config));
    printf("created\n");
    fflush(stdout);
    expect("GetConfiguration", VD_NOERROR, set.GetConfiguration(-1, &config));
    ClientVirtualDevice *device = nullptr;
    VDC_Command *command = nullptr;
    expect("OpenDevice", VD_NOERROR, set.OpenDevice(name.data(), &device));
    expect("GetCommand", VD_NOERROR, device->GetCommand(-1, &command));
    volatile uint8_t *buffer = command->buffer;
    expect("Close with an open device", VD_E_OPEN, set.Close());
    printf("%d\n", *buffer);
    failures++; // still here
}

} // namespace

int main(int count, char **arguments) {
    std::string mode = count > 2 ? arguments[1] : "";
    uint32_t devices = count > 3 ? uint32_t(atoi(arguments[3])) : 1;
    if (mode == "transitions") {
        transitions(arguments[2]);
    } else if (mode == "stale") {
        stale(arguments[2]);
    } else if (mode == "backup" || mode == "restore" || mode == "abort") {
        serve(arguments[2], devices, mode == "abort");
    } else {
        fprintf(stderr, "usage: vdi-client transitions|backup|restore|abort|stale NAME [DEVICES]\n");
        return 2;
    }
    return failures == 0 ? 0 : 1;
}

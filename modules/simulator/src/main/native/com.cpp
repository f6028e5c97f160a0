// COM-shaped objects over the same client, so that the Windows binding can be tried on Linux: vtables in the platform's
// calling convention, and in Microsoft's, which the Windows binding meets on x86-64.

#include "client.h"

#include <atomic>
#include <cstring>

namespace {

struct Guid {
    uint32_t first;
    uint16_t second;
    uint16_t third;
    uint8_t rest[8];

    bool operator==(const Guid &other) const { return memcmp(this, &other, sizeof other) == 0; }
};

constexpr Guid unknownId = {0x00000000, 0x0000, 0x0000, {0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}};
constexpr Guid deviceId = {0x40700424, 0x0080, 0x11d2, {0x85, 0x1f, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59}};
constexpr Guid setId = {0x40700425, 0x0080, 0x11d2, {0x85, 0x1f, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59}};
constexpr Guid set2Id = {0xd0e6eb07, 0x7a62, 0x11d2, {0x85, 0x73, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59}};

constexpr int32_t noInterface = int32_t(0x80004002);
constexpr int32_t classNotRegistered = int32_t(0x80040154);

std::atomic<int> liveObjects{0};

int64_t millis(uint32_t timeout) { return timeout == UINT32_MAX ? -1 : timeout; }

std::string utf8(const char16_t *text) {
    std::string result;
    for (; text != nullptr && *text != 0; text++) {
        uint32_t c = *text;
        if (c >= 0xd800 && c < 0xdc00 && text[1] >= 0xdc00 && text[1] < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (*++text - 0xdc00u);
        }
        if (c < 0x80) {
            result += char(c);
            continue;
        }
        int following = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        result += char((0xff00 >> (following + 1)) | (c >> (6 * following)));
        while (following-- > 0) {
            result += char(0x80 | ((c >> (6 * following)) & 0x3f));
        }
    }
    return result;
}

template <class Object> int32_t answer(Object *object, bool known, void **into) {
    if (into == nullptr) {
        return VD_E_INVALID;
    }
    *into = known ? object : nullptr;
    if (known) {
        object->AddRef();
    }
    return known ? VD_NOERROR : noInterface;
}

template <class Object> uint32_t release(Object *object, std::atomic<uint32_t> &references) {
    uint32_t left = --references;
    if (left == 0) {
        liveObjects--;
        delete object;
    }
    return left;
}

namespace platform {
#define CALL
#include "com_objects.inc"
#undef CALL
} // namespace platform

#if defined(__x86_64__)
namespace microsoft {
#define CALL __attribute__((ms_abi))
#include "com_objects.inc"
#undef CALL
} // namespace microsoft
#endif

template <class Set> int32_t newSet(const Guid &iid, void **object) {
    auto *set = new Set;
    int32_t result = set->QueryInterface(iid, object);
    set->Release();
    return result;
}

} // namespace

// Stands in for CoCreateInstance. The convention is 0 for the platform's, 1 for Microsoft's.
extern "C" SLUICE_VDI_EXPORT int32_t sluice_vdi_create_instance(int32_t convention, const void *classId,
                                                                const void *interfaceId, void **object) {
    *object = nullptr;
    if (memcmp(classId, &setId, sizeof setId) != 0) {
        return classNotRegistered;
    }
    const Guid &iid = *static_cast<const Guid *>(interfaceId);
#if defined(__x86_64__)
    if (convention == 1) {
        return newSet<microsoft::ComSet>(iid, object);
    }
#endif
    return convention == 0 ? newSet<platform::ComSet>(iid, object) : classNotRegistered;
}

// COM objects that nobody has released yet.
extern "C" SLUICE_VDI_EXPORT int32_t sluice_vdi_live_objects() { return liveObjects; }

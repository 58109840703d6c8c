// A C++17 program on the C interface: handles owned by unique_ptr, views as keys, two threads with a
// client each.
//
// Servers: PORT_FIRST, PORT_SECOND.
#include "check.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

struct Free {
    void operator()(mcrs_client *client) const { mcrs_client_free(client); }
    void operator()(mcrs_error *error) const { mcrs_error_free(error); }
    void operator()(mcrs_item *item) const { mcrs_item_free(item); }
    void operator()(mcrs_text *text) const { mcrs_text_free(text); }
};

template <typename T>
using Handle = std::unique_ptr<T, Free>;

class Cache {
public:
    Cache() : client_(mcrs_client_new()), error_(mcrs_error_new())
    {
        for (const char *name : {"PORT_FIRST", "PORT_SECOND"}) {
            good_ &= mcrs_client_add_server(client_.get(), "127.0.0.1", port_of(name), 1,
                                            error_.get()) == MCRS_RESULT_OK;
        }
    }

    bool good() const { return good_; }

    mcrs_result set(std::string_view key, std::string_view value)
    {
        return mcrs_client_set(client_.get(), key.data(), key.size(), value.data(), value.size(), 0,
                               0, error_.get());
    }

    std::optional<std::string> get(std::string_view key)
    {
        mcrs_item *found = nullptr;
        if (mcrs_client_get(client_.get(), key.data(), key.size(), &found, error_.get()) !=
            MCRS_RESULT_OK) {
            return std::nullopt;
        }
        return value(Handle<mcrs_item>(found));
    }

    std::vector<std::optional<std::string>> get(const std::vector<std::string> &names)
    {
        std::vector<const char *> keys;
        std::vector<std::size_t> lens;
        for (const auto &name : names) {
            keys.push_back(name.data());
            lens.push_back(name.size());
        }
        std::vector<mcrs_item *> items(names.size());
        std::vector<mcrs_result> results(names.size());
        std::vector<std::optional<std::string>> values(names.size());
        if (mcrs_client_get_many(client_.get(), keys.data(), lens.data(), keys.size(), items.data(),
                                 results.data(), error_.get()) != MCRS_RESULT_OK) {
            return values;
        }
        for (std::size_t i = 0; i < items.size(); i++) {
            Handle<mcrs_item> item(items[i]);
            if (results[i] == MCRS_RESULT_OK) {
                values[i] = value(std::move(item));
            }
        }
        return values;
    }

    std::optional<std::uint64_t> incr(std::string_view key, std::uint64_t delta)
    {
        std::uint64_t value = 0;
        auto result =
            mcrs_client_incr(client_.get(), key.data(), key.size(), delta, &value, error_.get());
        return result == MCRS_RESULT_OK ? std::optional(value) : std::nullopt;
    }

    mcrs_result erase(std::string_view key)
    {
        return mcrs_client_delete(client_.get(), key.data(), key.size(), error_.get());
    }

    std::string version(std::size_t server)
    {
        mcrs_text *text = nullptr;
        if (mcrs_client_version(client_.get(), server, &text, error_.get()) != MCRS_RESULT_OK) {
            return {};
        }
        Handle<mcrs_text> owned(text);
        return {mcrs_text_data(text), mcrs_text_len(text)};
    }

    mcrs_result last_error() const { return mcrs_error_result(error_.get()); }
    std::string last_words() const { return mcrs_error_text(error_.get()); }

private:
    static std::string value(Handle<mcrs_item> item)
    {
        return {static_cast<const char *>(mcrs_item_value(item.get())),
                mcrs_item_value_len(item.get())};
    }

    Handle<mcrs_client> client_;
    Handle<mcrs_error> error_;
    bool good_ = true;
};

using namespace std::string_literals;

void items_come_and_go()
{
    Cache cache;
    CHECK(cache.good());
    const std::string value = "bytes\0with everything\r\n"s;
    EXPECT(MCRS_RESULT_OK, cache.set("cpp", value));
    CHECK(cache.get("cpp") == value);
    EXPECT(MCRS_RESULT_OK, cache.erase("cpp"));
    EXPECT(MCRS_RESULT_NOT_FOUND, cache.erase("cpp"));
    CHECK(!cache.get("cpp"));
    CHECK(!cache.incr("cpp", 1));
    EXPECT(MCRS_RESULT_OK, cache.set("cpp", "7"));
    CHECK(cache.incr("cpp", 3) == 10U);
    CHECK(!cache.version(0).empty() && !cache.version(1).empty());
    CHECK(cache.last_error() == MCRS_RESULT_OK);
    CHECK(cache.version(2).empty());
    EXPECT(MCRS_RESULT_INVALID_ARGUMENT, cache.last_error());
    CHECK(!cache.last_words().empty());
}

void many_items_come_at_once()
{
    Cache cache;
    std::vector<std::string> names;
    for (int i = 0; i < 100; i++) {
        names.push_back("cpp-many-" + std::to_string(i));
        if (i % 2 == 0) {
            EXPECT(MCRS_RESULT_OK, cache.set(names.back(), names.back()));
        }
    }
    const auto values = cache.get(names);
    std::size_t right = 0;
    for (std::size_t i = 0; i < names.size(); i++) {
        right += i % 2 == 0 ? values[i] == names[i] : !values[i];
    }
    CHECK(right == names.size());
}

// What a thread found; counted by the main thread, for the counters are not shared.
int count_alone(const std::string &key)
{
    Cache cache;
    int right = 0;
    for (int i = 0; i < 300; i++) {
        const auto value = std::to_string(i);
        right += cache.set(key, value) == MCRS_RESULT_OK && cache.get(key) == value;
    }
    return right;
}

void threads_have_a_client_each()
{
    int one = 0;
    int two = 0;
    std::thread first([&] { one = count_alone("cpp-one"); });
    std::thread second([&] { two = count_alone("cpp-two"); });
    first.join();
    second.join();
    CHECK(one == 300 && two == 300);
}

void a_client_may_move_to_another_thread()
{
    Cache cache;
    EXPECT(MCRS_RESULT_OK, cache.set("cpp-moved", "x"));
    std::optional<std::string> found;
    std::thread other([moved = std::move(cache), &found]() mutable {
        found = moved.get("cpp-moved");
    });
    other.join();
    CHECK(found == "x");
}

} // namespace

int main()
{
    CHECK(mcrs_version() == std::string_view(MCRS_VERSION));
    items_come_and_go();
    many_items_come_at_once();
    threads_have_a_client_each();
    a_client_may_move_to_another_thread();
    return report();
}

// Python's lock: given up while native code runs, taken back for answers.
//
// A thread that asks for the lock when the interpreter has ended is ended in its turn, by pthread_exit, until Python
// 3.13; that unwinds its stack through functions that must not throw, and from under the workers of its call. So such a
// thread sleeps instead until the process is gone, as all do from Python 3.14 on.
#pragma once

#include <Python.h>

#include <chrono>
#include <exception>
#include <thread>

namespace clearprop {

[[noreturn]] inline void sleep_for_good() {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

inline bool interpreter_has_ended() {
#if PY_VERSION_HEX >= 0x030D0000
    return Py_IsFinalizing() != 0;
#else
    return _Py_IsFinalizing() != 0;
#endif
}

// What `body`, which calls Python, returns or throws. If Python ends the thread in it, the thread sleeps.
template <class Body>
auto outliving(const Body& body) {
    try {
        return body();
    } catch (const std::exception&) {
        throw;
    } catch (...) {  // no exception: pthread_exit
        sleep_for_good();
    }
}

// Without the lock for as long as this lives.
class WithoutGil {
  public:
    WithoutGil() : thread_(PyEval_SaveThread()) {}
    ~WithoutGil() { take(); }
    WithoutGil(const WithoutGil&) = delete;
    WithoutGil& operator=(const WithoutGil&) = delete;

    // What `body` returns, with the lock held.
    template <class Body>
    auto ask(const Body& body) {
        take();
        const auto answer = outliving(body);
        thread_ = PyEval_SaveThread();
        return answer;
    }

  private:
    void take() {
        if (interpreter_has_ended()) sleep_for_good();
        outliving([this] { PyEval_RestoreThread(thread_); });
    }
    PyThreadState* thread_;
};

}  // namespace clearprop

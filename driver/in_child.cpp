// A child process with a pipe: its first byte says whether the rest is the result or what was
// thrown.
#include "driver/in_child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>

#include "support/check.h"

namespace tenon::driver {
namespace {

constexpr char kReturned = '=', kThrew = '!';

[[noreturn]] void answer(int pipe, const std::function<std::string()>& function) {
  std::string text;
  try {
    text = kReturned + function();
  } catch (const std::exception& error) {
    text = kThrew + std::string(error.what());
  }
  for (size_t sent = 0; sent < text.size();) {
    ssize_t count = write(pipe, text.data() + sent, text.size() - sent);
    if (count < 0) break;
    sent += static_cast<size_t>(count);
  }
  _exit(0);
}

std::string read_all(int pipe) {
  std::string text;
  char part[4096];
  for (ssize_t count; (count = read(pipe, part, sizeof part)) > 0;)
    text.append(part, static_cast<size_t>(count));
  return text;
}

}  // namespace

Result<std::string> in_child(const std::function<std::string()>& function) {
  std::fflush(nullptr);  // what is buffered would be written twice
  int ends[2];
  TENON_CHECK(pipe(ends) == 0, "no pipe");
  pid_t child = fork();
  TENON_CHECK(child >= 0, "no process");
  if (child == 0) {
    close(ends[0]);
    answer(ends[1], function);
  }
  close(ends[1]);
  std::string text = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    return Failure{"ends with signal " + std::to_string(WTERMSIG(status)) + " (" +
                   strsignal(WTERMSIG(status)) + ")"};
  if (text.empty()) return Failure{"ends the program"};
  if (text[0] == kThrew) return Failure{text.substr(1)};
  return text.substr(1);
}

}  // namespace tenon::driver

# Shell functions of quickstart.sh, test.sh and the scripts of this folder; to be sourced, not run.
#
#   source tools/common.sh
#   install_packages "${build_packages[@]}"; build_tenon tenon tenon-opt   ->   build/tenon, build/tenon-opt

# docs/dependencies.md says what each is for.
build_packages=(
  g++ cmake ninja-build ccache git ca-certificates python3-venv
  llvm-19-dev liblld-19-dev clang-19
  libprotobuf-dev protobuf-compiler libfmt-dev libcli11-dev nlohmann-json3-dev libzip-dev zlib1g-dev libzstd-dev
  libgtest-dev libgmock-dev
)
test_packages=(
  libclang-rt-19-dev lld-19 binutils make qemu-user
  libc6-dev-arm64-cross libc6-dev-armhf-cross libgcc-12-dev-arm64-cross libgcc-12-dev-armhf-cross
)

# Where things live that are built once per user and not once per checkout.
tenon_cache() {
  echo "${TENON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tenon}"
}

# Progress goes to stderr, so that results on stdout can be read by a program.
say() {
  echo "tenon: $*" >&2
}

# logged NAME COMMAND...: runs a talkative command with its output in a log, of which the end is shown if it fails.
logged() {
  local log
  log=$(tenon_cache)/$1.log
  shift
  mkdir -p "$(tenon_cache)"
  "$@" >"$log" 2>&1 </dev/null && return 0
  tail -n 30 "$log" >&2
  say "failed: $*; all it said is in $log"
  return 1
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Installs those of the Debian packages that are missing, after it has said which.
install_packages() {
  local missing=() package as_root=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "installing from your distribution: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { say "run this as root, or install sudo"; return 1; }
    sudo true || return 1  # asks for the password here, where it can be seen
    as_root=(sudo)
  fi
  logged apt-update "${as_root[@]}" apt-get update &&
    logged apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install --yes --no-install-recommends "${missing[@]}"
}

# Configures build/ once and builds the named targets, all without names. CMake configures anew by itself when needed.
build_tenon() {
  local targets=()
  if (($#)); then
    targets=(--target "$@")
  fi
  [[ -e build/build.ninja ]] || cmake --preset release >&2
  cmake --build build --parallel "$(nproc)" "${targets[@]}" >&2
}

# build-debug/tenon, which damaged models are tried on.
build_sanitized_compiler() {
  [[ -e build-debug/build.ninja ]] || cmake --preset debug >&2
  cmake --build build-debug --parallel "$(nproc)" --target tenon >&2
}

# The virtual environment .venv with what tests/requirements.txt names; nothing happens while that file is unchanged.
make_test_environment() {
  cmp --silent tests/requirements.txt .venv/installed.txt && return 0
  say "making .venv with: $(grep -v '^#' tests/requirements.txt | tr '\n' ' ')"
  python3 -m venv .venv
  .venv/bin/pip install --quiet --requirement tests/requirements.txt >&2
  cp tests/requirements.txt .venv/installed.txt
}

#!/usr/bin/env bash
# Builds the onnx C++ library once, outside the main build, and prints where it stands.
#
#   tools/build_onnx.sh   ->   ~/.cache/tenon/onnx-1.23.2-3f0c9a1b/{include,lib}
#
# The source is the pinned package from PyPI. The name of the folder carries a hash of whatever decides its content
# (source, flags, compiler, protobuf), so a changed flag gives another folder and an unchanged one is built only once
# for all checkouts of a user. TENON_CACHE moves the cache.
set -euo pipefail

readonly version=1.23.2
readonly sha256=008cb0467b2bbee41448acc7da8b6f4e704624cb0d327a2d5adafc7ce19bc5b8
readonly cmake_version=4.4.4  # Debian 12 has 3.25, onnx needs 3.26
readonly flags=(
  -DCMAKE_BUILD_TYPE=Release
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DBUILD_SHARED_LIBS=OFF
  -DONNX_BUILD_PYTHON=OFF
  -DONNX_INSTALL=ON
  -DONNX_ML=ON
  -DONNX_USE_PROTOBUF_SHARED_LIBS=ON
)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/common.sh
source "$here/common.sh"

key=$({ echo "$sha256 ${flags[*]}"; "${CXX:-c++}" --version; protoc --version; } | sha256sum | cut -c1-8)
prefix=$(tenon_cache)/onnx-$version-$key
link=$(tenon_cache)/onnx-$version  # what CMake finds by default: the last one built

publish() {
  ln -sfn "$(basename "$prefix")" "$link"
  echo "$prefix"
}

mkdir -p "$(tenon_cache)"
exec 9>"$(tenon_cache)/onnx.lock"
flock 9
if [[ -e $prefix/.complete ]]; then
  publish
  exit 0
fi

work=$(tenon_cache)/onnx-build
archive=$(tenon_cache)/onnx-$version.tar.gz
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi

fetch_source() {
  echo "$sha256  $archive" | sha256sum --check --status && return 0
  "$work/venv/bin/pip" download --no-deps --no-binary onnx --dest "$work" "onnx==$version" &&
    echo "$sha256  $work/onnx-$version.tar.gz" | sha256sum --check &&
    mv "$work/onnx-$version.tar.gz" "$archive"
}

# One chain, because bash does not stop at errors in a function whose status somebody asks for.
build() {
  python3 -m venv "$work/venv" &&
    "$work/venv/bin/pip" install "cmake==$cmake_version" &&
    fetch_source &&
    tar -xzf "$archive" -C "$work" &&
    "$work/venv/bin/cmake" -S "$work/onnx-$version" -B "$work/build" -G Ninja "${flags[@]}" "${launcher[@]}" \
      -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib &&
    "$work/venv/bin/cmake" --build "$work/build" --parallel "$(nproc)" &&
    rm -rf "$prefix" &&
    "$work/venv/bin/cmake" --install "$work/build" &&
    touch "$prefix/.complete"
}

say "building onnx $version, once for all checkouts: about three minutes on two cores"
logged onnx-build build
publish

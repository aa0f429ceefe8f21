# Shell functions shared by quickstart.sh, test.sh and the scripts of this folder; to be sourced.
#
#   source tools/common.sh; say "hello"; echo "$(tenon_cache)"   ->   "tenon: hello" on stderr, then ~/.cache/tenon

# Where things live that are built once per user and not once per checkout.
tenon_cache() {
  echo "${TENON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tenon}"
}

# Progress goes to stderr, so that results on stdout can be read by a program.
say() {
  echo "tenon: $*" >&2
}

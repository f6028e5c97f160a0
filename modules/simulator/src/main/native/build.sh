#!/bin/sh
# Builds libsqlvdi.so and the test client, or says that the tools are missing.
#   build.sh OUT REQUIRED [true]   REQUIRED is true or false: whether a missing compiler is a failure;
#                                  true: with sanitizers as well
#   build.sh OUT report            the closing word of a build that went without
set -eu
out=$1
targets=all
[ "${3:-}" != true ] || targets="all sanitized"
if command -v g++ >/dev/null 2>&1 && command -v make >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # several targets
    [ "$2" = report ] || exec make --silent -C "$(dirname "$0")" $targets OUT="$out"
    exit 0
fi
echo "[WARNING] ======================================================================================"
echo "[WARNING] No g++ and make: the simulator's libsqlvdi.so was not built, its tests were skipped."
echo "[WARNING] ======================================================================================"
[ "$2" != true ]

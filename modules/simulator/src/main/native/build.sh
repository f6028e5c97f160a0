#!/bin/sh
# Builds libsqlvdi.so and the test client, or says that the tools are missing.
#   build.sh OUT REQUIRED   REQUIRED is true or false: whether a missing compiler is a failure
#   build.sh OUT report     the closing word of a build that went without
set -eu
out=$1
if command -v g++ >/dev/null 2>&1 && command -v make >/dev/null 2>&1; then
    [ "$2" = report ] || exec make --silent -C "$(dirname "$0")" all OUT="$out"
    exit 0
fi
echo "[WARNING] ======================================================================================"
echo "[WARNING] No g++ and make: the simulator's libsqlvdi.so was not built, its tests were skipped."
echo "[WARNING] ======================================================================================"
[ "$2" != true ]

#!/bin/sh
# Posts one line: post.sh HOST PORT NAME TEXT. It fails as a script should, and tries again where that is safe.
set -u
host=$1 port=$2 name=$3 text=$4

fail() {
    echo "not posted: $1" >&2
    exit 1
}

[ -n "$name" ] || fail "NAME is empty"
# What stands after a line ending would be a line of its own.
case "$name$text" in *"$(printf '\r')"* | *'
'*) fail "NAME and TEXT are one line each" ;; esac

for try in 1 2 3 4 5; do
    # Two lines in, one line back: `ok #SEQ` or `err CODE words retry=SECONDS`. The server ends the connection.
    answer=$(printf '/as %s\n/say %s\n' "$name" "$text" | nc "$host" "$port")
    case "$? $answer" in
        *" ok #"*) echo "$answer"; exit 0 ;;
        *retry=*) wait=${answer##*retry=} ;;    # not now: the server says when
        "0 ! "*"try again in a minute") wait=60 ;;    # there was no place, and so nothing was read
        "0 ! "*"try again in "*" s") wait=${answer##*in } wait=${wait% s} ;;
        "0 * "*) wait=$try ;;                   # the server is on its way out, and took nothing
        0*) break ;;                            # refused for good; or no answer, and so it may have been said
        *) wait=$try answer="no connection" ;;  # nothing was sent
    esac
    [ "$try" = 5 ] || sleep "$wait"
done
fail "${answer:-no answer; look before you post it again}"

# SPDX-License-Identifier: GPL-2.0
# One verb per line; kbuild and the folders do the work.  See README.md.

KDIR	?= /lib/modules/$(shell uname -r)/build
KERNEL	?=
DESTDIR	?=
MODULES	:= $(CURDIR)/drivers/myvhost
# "no" leaves out the program myvhost, which needs json-c
TOOLS	?= yes

all: modules tools

modules:
	$(MAKE) -C $(KDIR) M=$(MODULES) W=1 modules

ifneq ($(TOOLS),no)
tools:
	$(MAKE) -C tools/ctl
else
tools:
endif

clean:
	$(MAKE) -C $(KDIR) M=$(MODULES) clean
	$(MAKE) -C tools/ctl clean
	$(MAKE) -C tools/bench/net clean
	$(MAKE) -C selftests/unit clean
	$(MAKE) -C selftests/fuzz clean
	$(MAKE) -C selftests/ctl clean
	$(MAKE) -C selftests/kselftest clean

install: modules tools
	TOOLS=$(TOOLS) tools/install/install.sh install $(KDIR) "$(DESTDIR)"

uninstall:
	tools/install/install.sh uninstall $(KDIR) "$(DESTDIR)"

demo:
	tools/bench/demo.sh

bench:
	tools/bench/bench.sh

check:
	KERNEL="$(KERNEL)" tools/check/check.sh

check-lab check-static check-unit check-fuzz check-ctl check-build check-install \
check-icount check-kselftest check-qemu check-debug check-kcsan:
	KERNEL="$(KERNEL)" tools/check/check.sh $(@:check-%=%)

# the fuzzers of the pure files for T seconds in all
fuzz: T = 600
fuzz:
	selftests/lab/setup.sh
	selftests/lab/inroot.sh make -s -C /repo/selftests/fuzz OUT=/build/fuzz T=$(T) fuzz

# the tests with the most disorder, again and again for T seconds
soak: T = 3600
soak:
	KERNEL="$(KERNEL)" tools/check/soak.sh $(T)

.PHONY: all modules tools clean install uninstall demo bench fuzz soak check check-lab \
	check-static check-unit check-fuzz check-ctl check-build check-install \
	check-icount check-kselftest check-qemu check-debug check-kcsan

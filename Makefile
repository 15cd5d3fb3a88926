# SPDX-License-Identifier: GPL-2.0
# One verb per line; kbuild and the folders do the work.  See README.md.

KDIR	?= /lib/modules/$(shell uname -r)/build
KERNEL	?=
DESTDIR	?=
MODULES	:= $(CURDIR)/drivers/myvhost
MODULE_FILES = $(addprefix $(MODULES)/,$(shell tools/install/modules.sh))
# "no" leaves out the program myvhost, which needs json-c and ncurses
TOOLS	?= yes
# where "make deb" puts the packages
DEBS	?= $(or $(MYVHOST_CACHE),$(HOME)/.cache/myvhost)/packages
# Debian's headers have no vmlinux, from which BTF is made; the kernel's message about it
# alarms people
NO_BTF	= $(if $(wildcard $(KDIR)/vmlinux),,CONFIG_DEBUG_INFO_BTF_MODULES=)

all: modules tools

modules:
	$(MAKE) -C $(KDIR) M=$(MODULES) W=1 $(NO_BTF) modules
	@[ -z "$(NO_BTF)" ] || echo "The modules are complete; they have no BTF, which nothing needs."

ifneq ($(TOOLS),no)
tools:
	$(MAKE) -C tools/ctl
	$(MAKE) -C tools/trace try
else
tools:
endif

clean:
	$(MAKE) -C $(KDIR) M=$(MODULES) clean
	$(MAKE) -C tools/ctl clean
	$(MAKE) -C tools/trace clean
	$(MAKE) -C tools/bench/net clean
	$(MAKE) -C tools/bench/disk clean
	$(MAKE) -C selftests/unit clean
	$(MAKE) -C selftests/fuzz clean
	$(MAKE) -C selftests/ctl clean
	$(MAKE) -C selftests/kselftest clean

install: modules tools
	TOOLS=$(TOOLS) tools/install/install.sh install $(KDIR) "$(DESTDIR)"

uninstall:
	tools/install/install.sh uninstall $(KDIR) "$(DESTDIR)"

# sign the modules for a machine with Secure Boot: KEY=FILE CERT=FILE, between make and
# make install
sign: SIGN = $(KDIR)/scripts/sign-file
sign:
	@[ -n "$(KEY)" ] && [ -n "$(CERT)" ] || { echo "usage: make sign KEY=FILE CERT=FILE; see Documentation/using.rst" >&2; exit 2; }
	@[ -x "$(SIGN)" ] || { echo "no $(SIGN); it comes with the kernel's headers" >&2; exit 1; }
	rm -f $(MODULE_FILES)
	$(MAKE) modules
	for m in $(MODULE_FILES); do $(SIGN) sha256 "$(KEY)" "$(CERT)" $$m || exit; done

# the documentation as HTML
doc: HTML = $(or $(MYVHOST_CACHE),$(HOME)/.cache/myvhost)/html
doc:
	@python3 -c 'import docutils' || { echo "make doc needs docutils: apt-get install python3-docutils" >&2; exit 1; }
	tools/doc/doc.py html "$(HTML)"

# Debian packages; the tree stays as it is
deb:
	tools/deb/build.sh "$(DEBS)"

demo:
	tools/bench/demo.sh

bench:
	tools/bench/bench.sh

check:
	KERNEL="$(KERNEL)" tools/check/check.sh

check-lab check-static check-unit check-fuzz check-ctl check-build check-install \
check-icount check-kselftest check-qemu check-debug check-kcsan:
	KERNEL="$(KERNEL)" tools/check/check.sh $(@:check-%=%)

check-deb:
	tools/check/deb.sh

# the fuzzers of the pure files for T seconds in all
fuzz: T = 600
fuzz:
	selftests/lab/setup.sh
	selftests/lab/inroot.sh make -s -C /repo/selftests/fuzz OUT=/build/fuzz T=$(T) fuzz

# the tests with the most disorder, again and again for T seconds
soak: T = 3600
soak:
	KERNEL="$(KERNEL)" tools/check/soak.sh $(T)

.PHONY: all modules tools clean install uninstall sign deb doc demo bench fuzz soak check check-lab \
	check-static check-unit check-fuzz check-ctl check-build check-install \
	check-icount check-kselftest check-qemu check-debug check-kcsan check-deb

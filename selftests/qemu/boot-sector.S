/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk's first sector, for SeaBIOS: reads a sector far behind through the firmware, prints
 * the text in it on the first serial port, writes it to another place, and ends QEMU through
 * isa-debug-exit with status 33, or 35 if the firmware failed a request.
 */
#define LOAD		0x7c00
#define BUFFER		0x8000
#define FROM		100001
#define TO		100002

#define DISK_READ	0x42
#define DISK_WRITE	0x43

#define UART		0x3f8
#define UART_LSR	0x3fd
#define UART_LSR_THRE	0x20

#define EXIT_PORT	0xf4
#define EXIT_GOOD	0x10
#define EXIT_BAD	0x11

	.code16
	.globl	_start
_start:
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$LOAD, %sp
	movb	%dl, drive
	movw	$hello, %si
	call	print

	movb	$DISK_READ, %ah
	call	disk
	movw	$BUFFER, %si
	call	print
	movl	$TO, sector
	movb	$DISK_WRITE, %ah
	call	disk
	movb	$EXIT_GOOD, %al
	jmp	exit

/* disk: the request in "packet" with the function in %ah */
disk:
	xorb	%al, %al
	movb	drive, %dl
	movw	$packet, %si
	int	$0x13
	jc	1f
	ret
1:	movb	$EXIT_BAD, %al
exit:
	movw	$EXIT_PORT, %dx
	outb	%al, %dx
2:	hlt
	jmp	2b

/* print: the text at %si, up to a zero */
print:
	lodsb
	testb	%al, %al
	jz	4f
	movb	%al, %bl
	movw	$UART_LSR, %dx
3:	inb	%dx, %al
	testb	$UART_LSR_THRE, %al
	jz	3b
	movb	%bl, %al
	movw	$UART, %dx
	outb	%al, %dx
	jmp	print
4:	ret

hello:	.asciz	"boot sector\n"
drive:	.byte	0

	.balign	4
packet:	.byte	16, 0		/* its own length */
	.word	1		/* sectors */
	.word	BUFFER, 0	/* offset and segment */
sector:	.long	FROM, 0

	.org	510
	.word	0xaa55

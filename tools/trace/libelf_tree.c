// SPDX-License-Identifier: GPL-2.0
/*
 * The libelf.a of Debian 13 (elfutils 0.192) calls two functions of a library that is not
 * packaged.  They make and destroy a tree of the pieces of a file that
 * elf_getdata_rawchunk() has read; libbpf calls that not, so the tree is never looked at.
 * Weak, so that a libelf.a that has them keeps its own.
 */
void eu_search_tree_init(void *tree, int (*compare)(const void *, const void *));
void eu_search_tree_fini(void *tree, void (*free_node)(void *));

__attribute__((weak)) void eu_search_tree_init(void *tree,
					       int (*compare)(const void *, const void *))
{
	(void)tree;
	(void)compare;
}

__attribute__((weak)) void eu_search_tree_fini(void *tree, void (*free_node)(void *))
{
	(void)tree;
	(void)free_node;
}

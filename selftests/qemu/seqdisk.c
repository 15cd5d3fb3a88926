// SPDX-License-Identifier: GPL-2.0
/*
 * seqdisk - does a disk keep what it says is flushed?
 *
 *	seqdisk write DISK JOBS SEED SECONDS	write, and report each flush
 *	seqdisk check DISK JOBS SEED LOG	compare the disk with the reports
 *
 * Each job has a part of the disk and writes to it at random places, with random
 * lengths; what it writes, and where, follows from the seed, the job and the
 * number of the write.  "write" prints "f JOB NUMBER" when a flush has returned
 * after this write, and "e JOB NUMBER" for a write that failed, or that a
 * failed flush came after.  "check" knows from these lines what must be on the
 * disk: in each sector the last write that was flushed, or a later one.  The disk
 * must have been full of zeroes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECTOR		512
#define SECTORS_MAX	128
#define MAGIC		0x7365716469736b21ULL
#define JOBS_MAX	64
#define WRITES_MAX	(1 << 22)
#define COMPLAINTS_MAX	10

/* A sector; the rest of it follows from the first words. */
struct sector {
	uint64_t magic, seed, job, number, place;
	uint64_t fill[SECTOR / 8 - 5];
};

struct job {
	pthread_t thread;
	unsigned int id;
	uint64_t first, sectors;
};

struct op {
	uint64_t place;
	unsigned int len;
	bool flush;
};

static int disk;
static unsigned int n_jobs;
static uint64_t seed;
static time_t end;
static int n_errors;

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* The write with this number; numbers begin with 1. */
static struct op op_of(const struct job *job, uint64_t number)
{
	uint64_t r = mix(mix(seed ^ (uint64_t)job->id << 40) ^ number);
	struct op op;

	op.len = 1 + (r & 0xffff) % (r & 0x10000 ? 8 : SECTORS_MAX);
	op.place = job->first + (r >> 24) % (job->sectors - op.len);
	op.flush = mix(r) % 6 == 0;
	return op;
}

static void sector_fill(struct sector *s, unsigned int job, uint64_t number,
			uint64_t place)
{
	uint64_t x = mix(seed ^ mix(number ^ mix(place ^ job)));
	size_t i;

	s->magic = MAGIC;
	s->seed = seed;
	s->job = job;
	s->number = number;
	s->place = place;
	for (i = 0; i < sizeof(s->fill) / 8; i++)
		s->fill[i] = x = x * 6364136223846793005ULL + 1;
}

/* One line, one write: it must not be mixed with those of other jobs. */
static void report(char what, const struct job *job, uint64_t number)
{
	char line[48];
	int n = snprintf(line, sizeof(line), "%c %u %llu\n", what, job->id,
			 (unsigned long long)number);

	if (write(STDOUT_FILENO, line, n) != n)
		exit(3);
	if (what == 'e')
		__atomic_add_fetch(&n_errors, 1, __ATOMIC_RELAXED);
}

static int job_write(const struct job *job, const struct op *op,
		     uint64_t number, void *buf)
{
	struct sector *s = buf;
	unsigned int i;

	for (i = 0; i < op->len; i++)
		sector_fill(&s[i], job->id, number, op->place + i);
	return pwrite(disk, buf, (size_t)op->len * SECTOR,
		      op->place * SECTOR) == (ssize_t)op->len * SECTOR ? 0 : -1;
}

static void *job_run(void *arg)
{
	const struct job *job = arg;
	uint64_t number, flushed = 0;
	void *buf;

	if (posix_memalign(&buf, 4096, SECTORS_MAX * SECTOR))
		exit(3);
	for (number = 1; time(NULL) < end && number < WRITES_MAX; number++) {
		struct op op = op_of(job, number);

		if (job_write(job, &op, number, buf))
			report('e', job, number);
		if (!op.flush)
			continue;
		if (!fdatasync(disk)) {
			report('f', job, number);
			flushed = number;
			continue;
		}
		while (flushed < number)
			report('e', job, ++flushed);
	}
	free(buf);
	return NULL;
}

static void jobs_init(struct job *jobs)
{
	off_t size = lseek(disk, 0, SEEK_END);
	unsigned int i;

	if (!n_jobs || n_jobs > JOBS_MAX ||
	    size < (off_t)n_jobs * SECTORS_MAX * SECTOR * 4) {
		fprintf(stderr, "seqdisk: the disk is too small\n");
		exit(2);
	}
	for (i = 0; i < n_jobs; i++) {
		jobs[i].id = i;
		jobs[i].sectors = size / SECTOR / n_jobs;
		jobs[i].first = i * jobs[i].sectors;
	}
}

static int run_write(struct job *jobs, int seconds)
{
	unsigned int i;

	end = time(NULL) + seconds;
	for (i = 0; i < n_jobs; i++)
		if (pthread_create(&jobs[i].thread, NULL, job_run, &jobs[i]))
			exit(3);
	for (i = 0; i < n_jobs; i++)
		pthread_join(jobs[i].thread, NULL);
	return n_errors ? 1 : 0;
}

/* What the log says of a job: the last flush, and which writes failed. */
static uint64_t read_log(const char *path, unsigned int id, bool *failed)
{
	unsigned long long number, last = 0;
	FILE *f = fopen(path, "r");
	unsigned int job;
	char line[64], what;

	if (!f) {
		perror(path);
		exit(2);
	}
	/* a line that the end cut off says nothing */
	while (fgets(line, sizeof(line), f)) {
		if (!strchr(line, '\n') ||
		    sscanf(line, "%c %u %llu", &what, &job, &number) != 3 ||
		    job != id || number >= WRITES_MAX)
			continue;
		if (what == 'e')
			failed[number] = true;
		else if (what == 'f' && number > last)
			last = number;
	}
	fclose(f);
	return last;
}

/* Is the sector what write number @s->number put there? */
static bool sector_right(const struct job *job, const struct sector *s,
			 uint64_t place)
{
	struct op op = op_of(job, s->number);
	struct sector want;

	if (s->magic != MAGIC || s->seed != seed || s->job != job->id ||
	    !s->number || place < op.place || place >= op.place + op.len)
		return false;
	sector_fill(&want, job->id, s->number, place);
	return !memcmp(&want, s, sizeof(want));
}

static bool sector_zero(const struct sector *s)
{
	static const struct sector zero;

	return !memcmp(s, &zero, sizeof(zero));
}

/* The last flushed write to each sector of a job; 0 is none. */
static uint64_t *job_expect(const struct job *job, uint64_t last,
			    const bool *failed)
{
	uint64_t *expect = calloc(job->sectors, sizeof(*expect)), number;
	unsigned int i;

	if (!expect)
		exit(3);
	for (number = 1; number <= last; number++) {
		struct op op = op_of(job, number);

		if (failed[number])
			continue;
		for (i = 0; i < op.len; i++)
			expect[op.place - job->first + i] = number;
	}
	return expect;
}

static int job_check(const struct job *job, const char *log)
{
	bool *failed = calloc(WRITES_MAX, sizeof(*failed));
	uint64_t last, *expect, i, n_flushed = 0, n_newer = 0;
	struct sector *s;
	int bad = 0;

	if (!failed || posix_memalign((void **)&s, 4096, 4096))
		exit(3);
	last = read_log(log, job->id, failed);
	expect = job_expect(job, last, failed);
	for (i = 0; i < job->sectors; i++) {
		uint64_t place = job->first + i, want = expect[i];

		if (pread(disk, s, SECTOR, place * SECTOR) != SECTOR) {
			fprintf(stderr, "seqdisk: sector %llu: %s\n",
				(unsigned long long)place, strerror(errno));
			bad++;
			continue;
		}
		n_flushed += want != 0;
		if (!want && sector_zero(s))
			continue;
		n_newer += s->number != want;
		if (sector_right(job, s, place) && s->number >= want)
			continue;
		if (bad++ < COMPLAINTS_MAX)
			printf("sector %llu of job %u: write %llu was flushed, it has %s %llu\n",
			       (unsigned long long)place, job->id,
			       (unsigned long long)want,
			       sector_zero(s) ? "zeroes, number" :
			       sector_right(job, s, place) ? "write" : "garbage, number",
			       (unsigned long long)s->number);
	}
	printf("job %u: flushed up to write %llu, %llu sectors with flushed data, %llu newer, %d bad\n",
	       job->id, (unsigned long long)last, (unsigned long long)n_flushed,
	       (unsigned long long)n_newer, bad);
	free(failed);
	free(expect);
	free(s);
	return bad || !last;
}

int main(int argc, char **argv)
{
	struct job jobs[JOBS_MAX];
	unsigned int i;
	int rc = 0;
	bool check;

	if (argc != 6) {
		fprintf(stderr, "usage: seqdisk write|check DISK JOBS SEED SECONDS|LOG\n");
		return 2;
	}
	check = !strcmp(argv[1], "check");
	n_jobs = atoi(argv[3]);
	seed = strtoull(argv[4], NULL, 0);
	disk = open(argv[2], check ? O_RDONLY : O_RDWR | O_DIRECT);
	if (disk < 0) {
		perror(argv[2]);
		return 2;
	}
	jobs_init(jobs);
	if (!check)
		return run_write(jobs, atoi(argv[5]));
	for (i = 0; i < n_jobs; i++)
		rc |= job_check(&jobs[i], argv[5]);
	return rc;
}

extern const struct way {
    const char *name;
    void (*function)(void);
} ways[]; /* the last has no name */

/* strike.h - one signal to one process, if it is a target: a process of its own, for what a
 * pid names is its client's choice, and may let us wait. */
#ifndef WRIT_BROKER_STRIKE_H
#define WRIT_BROKER_STRIKE_H

/* `writd --strike SIGNAL PID TARGET...`: a target is the path of a program, compared by
 * device and inode, or an identity PID@TOKEN. argv[0] is the signal. Returns the exit status, as
 * kill(1): 0 sent, 1 not. */
int strike(int argc, char **argv);

#endif

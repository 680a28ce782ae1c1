/* front.h - the process without privilege that reads what clients send.
 *
 * It checks the form of each frame, keeps the quotas, and passes on what is well
 * formed; whether it may run is the monitor's to say.
 */
#ifndef WRIT_BROKER_FRONT_H
#define WRIT_BROKER_FRONT_H

/* Serves until the monitor is gone. `link` is the front's end of the pair. Returns the
 * exit status. */
int front_serve(int link);

#endif

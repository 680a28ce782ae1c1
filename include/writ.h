/* writ.h - run other programs, safely. See the headers it gathers. */
#ifndef WRIT_H
#define WRIT_H

#include "writ/ask.h"
#include "writ/base.h"
#include "writ/cap.h"
#include "writ/cmd.h"
#include "writ/env.h"
#include "writ/error.h"
#include "writ/host.h"
#include "writ/id.h"
#include "writ/pool.h"
#include "writ/proc.h"
#include "writ/result.h"
#include "writ/text.h"
#include "writ/tree.h"

#endif

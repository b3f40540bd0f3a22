package clock

import _ "time/tzdata" // China's zone is known in any container

// The one compilation of Boost.JSON.
#include <boost/json/src.hpp>

from __future__ import absolute_import

from xosapi.convenience.service import ORMWrapperService
from xosapi.orm import register_convenience_wrapper


class ORMWrapperGreetingService(ORMWrapperService):
    @property
    def loud_greeting(self):
        return self.greeting.upper()


register_convenience_wrapper("GreetingService", ORMWrapperGreetingService)
